"""`python -m scf.training.gflownet` trains the weights that Emily ships; see --help for others."""

import argparse
import sys
from pathlib import Path

from emily.cognition.gflownet.checkpoint import SHIPPED, assess, save
from emily.cognition.gflownet.errors import GFlowNetError
from emily.cognition.gflownet.exact import evaluate
from emily.cognition.gflownet.hypergrid import Hypergrid
from emily.cognition.gflownet.policy import Policy
from emily.cognition.gflownet.recipe import Recipe
from scf.training.gflownet.training import Progress, train


def main(arguments: list[str] | None = None) -> int:
    """Train, evaluate exactly and write; progress on stderr, the training record on stdout."""
    recipe = Recipe()
    parser = argparse.ArgumentParser(prog="python -m scf.training.gflownet", description=__doc__)
    parser.add_argument("--side", type=int, default=8)
    parser.add_argument("--dimensions", type=int, default=4)
    parser.add_argument("--floor", type=float, default=0.1, help="the least reward, R0")
    parser.add_argument("--steps", type=int, default=recipe.steps)
    parser.add_argument("--batch", type=int, default=recipe.batch, help="trajectories in a step")
    parser.add_argument("--seed", type=int, default=recipe.seed)
    parser.add_argument("--to", type=Path, default=SHIPPED, help="the .npz to write")
    words = parser.parse_args(arguments)
    try:
        grid = Hypergrid(words.side, words.dimensions, words.floor)
        recipe = Recipe(steps=words.steps, batch=words.batch, seed=words.seed)
        trained = assess(train(grid, recipe, _report(recipe)), recipe)
        save(trained, words.to)
    except (GFlowNetError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(trained.record.model_dump_json(indent=2))
    return 0


def _report(recipe: Recipe) -> Progress:
    every = max(1, recipe.steps // 20)

    def progress(step: int, loss: float, policy: Policy) -> None:
        if step % every == 0 or step == recipe.steps:
            found, grid = evaluate(policy), policy.grid
            log_z = float(policy.parameters.log_z[0])
            print(
                f"step {step:6}  loss {loss:9.3e}  L1 {found.l1:.4f}  modes {found.modes}/{grid.modes}"
                f"  log Z {log_z:.4f} of {grid.log_z:.4f}",
                file=sys.stderr,
            )

    return progress


if __name__ == "__main__":
    sys.exit(main())
