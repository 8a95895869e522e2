"""The loss and its gradient by hand, against the definition, differences, and torch where it is."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from emily.cognition.gflownet import Hypergrid, Policy
from emily.cognition.gflownet.policy import Parameters
from emily.cognition.gflownet.trajectories import Trajectories, roll_out
from scf.training.gflownet.gradient import Adam, trajectory_balance

GRIDS = [Hypergrid(4, 2), Hypergrid(8, 2, 0.01), Hypergrid(3, 4)]


def double_policy(grid: Hypergrid, width: int = 12) -> Policy:
    """A policy in double precision whose every parameter is off zero."""
    random = np.random.default_rng(7)
    policy = Policy.random(grid, random, width)
    moved = (v.astype(np.float64) + 0.1 * random.normal(size=v.shape) for v in policy.parameters)
    return replace(policy, parameters=Parameters(*moved))


def some_trajectories(policy: Policy, count: int = 40) -> Trajectories:
    return roll_out(policy.grid, policy.probabilities, count, np.random.default_rng(8))


def loss_by_definition(policy: Policy, batch: Trajectories) -> float:
    grid, losses = policy.grid, []
    for owner, end in enumerate(batch.ends):
        log_forward = log_backward = 0.0
        steps = batch.owners == owner
        for state, action in zip(batch.states[steps], batch.actions[steps], strict=True):
            log_forward += np.log(policy.probabilities(np.array([state]))[0, action])
            if action != grid.stop:
                after = grid.coordinates[state + grid.strides[action]]
                log_backward -= np.log(np.count_nonzero(after))
        log_z = float(policy.parameters.log_z[0])
        losses.append((log_z + log_forward - np.log(grid.reward[end]) - log_backward) ** 2)
    return float(np.mean(losses))


@pytest.mark.parametrize("grid", GRIDS, ids=str)
def test_the_loss_is_the_definition(grid: Hypergrid) -> None:
    policy = double_policy(grid)
    batch = some_trajectories(policy)
    assert trajectory_balance(policy, batch)[0] == pytest.approx(loss_by_definition(policy, batch))


@pytest.mark.parametrize("name", Parameters._fields)
@pytest.mark.parametrize("grid", GRIDS, ids=str)
def test_the_gradient_is_the_slope_of_the_loss(grid: Hypergrid, name: str) -> None:
    policy, step = double_policy(grid), 1e-6
    batch = some_trajectories(policy)
    slopes: NDArray[np.float64] = getattr(trajectory_balance(policy, batch)[1], name)
    values = getattr(policy.parameters, name)
    assert slopes.shape == values.shape
    scale = float(np.abs(slopes).max())
    assert scale > 1e-3
    for where in np.random.default_rng(9).choice(values.size, min(20, values.size), replace=False):
        around = []
        for side in (-step, step):
            moved = values.copy()
            moved.flat[where] += side
            shifted = replace(policy, parameters=policy.parameters._replace(**{name: moved}))
            around.append(trajectory_balance(shifted, batch)[0])
        slope = (around[1] - around[0]) / (2 * step)
        assert slopes.flat[where] == pytest.approx(slope, rel=1e-5, abs=1e-6 * scale)


def test_single_precision_stays_single() -> None:
    policy = Policy.random(Hypergrid(8, 2), np.random.default_rng(0))
    _, gradient = trajectory_balance(policy, some_trajectories(policy))
    moved = Adam(policy.parameters).follow(policy.parameters, gradient, 1e-3, 0.1)
    for kept in (gradient, moved):
        assert {values.dtype for values in kept} == {np.dtype(np.float32)}


def test_what_a_state_does_not_allow_is_impossible() -> None:
    grid = Hypergrid(4, 2)
    probabilities = double_policy(grid).probabilities(np.arange(grid.size))
    assert ((probabilities > 0) == grid.legal).all()
    assert probabilities.sum(axis=1) == pytest.approx(np.ones(grid.size), abs=1e-14)


def test_adam_takes_the_steps_of_its_paper() -> None:
    """Algorithm 1 of Kingma & Ba, value by value, with both means unbiased before they are used."""
    values, random = Parameters(*np.ones((7, 1))), np.random.default_rng(1)
    adam = Adam(values)
    mean = square = np.zeros(7)
    expected = np.ones(7)
    for step in range(1, 6):
        slopes = random.normal(size=7)
        values = adam.follow(values, Parameters(*slopes[:, None]), 0.01, 0.5)
        mean = 0.9 * mean + 0.1 * slopes
        square = 0.999 * square + 0.001 * slopes**2
        moves = (mean / (1 - 0.9**step)) / (np.sqrt(square / (1 - 0.999**step)) + 1e-8)
        expected = expected - np.array([0.01] * 6 + [0.5]) * moves
        assert np.concatenate(values) == pytest.approx(expected, rel=1e-5)


def test_torch_finds_the_same_gradient_and_takes_the_same_step() -> None:
    torch = pytest.importorskip("torch")
    policy = double_policy(Hypergrid(8, 2, 0.01))
    grid, batch = policy.grid, some_trajectories(policy)
    w1, b1, w2, b2, w3, b3, log_z = leaves = [
        torch.tensor(values, requires_grad=True) for values in policy.parameters
    ]
    seen = torch.tensor(grid.one_hot[batch.states].astype(np.float64))
    hidden = torch.relu(torch.relu(seen @ w1 + b1) @ w2 + b2)
    logits = (hidden @ w3 + b3).masked_fill(torch.tensor(~grid.legal[batch.states]), -torch.inf)
    taken = torch.log_softmax(logits, dim=1)[range(len(batch.actions)), batch.actions]
    steps = taken + torch.tensor(np.log(grid.parents[batch.states]))
    sums = torch.zeros(len(batch.ends), dtype=torch.float64)
    sums = sums.index_add(0, torch.tensor(batch.owners), steps)
    loss = (log_z + sums - torch.tensor(np.log(grid.reward[batch.ends]))).square().mean()
    loss.backward()

    found, gradient = trajectory_balance(policy, batch)
    assert found == pytest.approx(loss.item(), rel=1e-12)
    for ours, leaf in zip(gradient, leaves, strict=True):
        assert ours == pytest.approx(leaf.grad.numpy(), rel=1e-9, abs=1e-11)

    torch.optim.Adam([{"params": leaves[:-1]}, {"params": [log_z], "lr": 0.1}], lr=1e-3).step()
    stepped = Adam(policy.parameters).follow(policy.parameters, gradient, 1e-3, 0.1)
    for ours, leaf in zip(stepped, leaves, strict=True):
        assert ours == pytest.approx(leaf.detach().numpy(), rel=1e-9, abs=1e-11)
