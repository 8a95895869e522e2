"""What is left of a rehearsal where nothing can be run: evaluate, render, and say so of each check."""

from collections.abc import Sequence
from pathlib import Path

from sovereign.generators.registry import expect_host
from sovereign.inventory.load import Inventory
from sovereign.rehearse.concerns import CONCERNS
from sovereign.rehearse.furnish import World
from sovereign.rehearse.keys import NO_KEYS
from sovereign.rehearse.project import copy_project
from sovereign.rehearse.surroundings import surroundings
from sovereign.rehearse.timed import Tell, told
from sovereign.rehearse.values import evaluate
from sovereign.suite.result import Result, Results


def rehearse_dry(
    inventory: Inventory,
    host: str,
    reason: str,
    *,
    folder: Path,
    only: Sequence[str] = (),
    tell: Tell,
) -> Results:
    """Evaluate a host and render what would be furnished; each check is skipped for `reason`.

    Raises EvaluationError, ValuesError.
    """
    document = expect_host(inventory, host)
    world = World(host, surroundings(inventory, host, document.expectations).names)
    with told(f"evaluate {host}", tell):
        copy_project(inventory.root, folder / "project", NO_KEYS)
        values = evaluate(folder / "project", host)
    with told(f"render {host}", tell):
        for name, concern in CONCERNS.items():
            if name in values:
                concern.furnish(values[name], world)
    return Results(
        host=host,
        results=tuple(
            Result(
                id=one.id,
                type=one.type,
                concern=one.concern,
                key=one.key,
                shared=one.shared,
                outcome="skipped",
                message=reason,
                seconds=0,
            )
            for one in document.expectations
            if not only or one.concern in only
        ),
    )
