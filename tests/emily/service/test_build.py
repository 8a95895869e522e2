"""Which model makes hypotheses: the shipped one, the settings' own, or a canary by query."""

from pathlib import Path

import numpy as np
import pytest

from emily.cognition.gflownet import Hypergrid, Policy, Recipe
from emily.cognition.gflownet.checkpoint import assess, save
from emily.contracts.messages import Generate
from emily.service.build import CANARY, build_tier
from emily.service.flags import bucket
from emily.service.settings import load
from emily.service.tiers.cognition import CognitionTier

QUERIES = [f"query {number}" for number in range(40)]


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("weights") / "small.npz"
    untrained = Policy.random(Hypergrid(8, 2), np.random.default_rng(0))
    save(assess(untrained, Recipe()), path)
    return path


def used(tmp_path: Path, text: str) -> list[bool]:
    """Tell for each query whether the settings' model answered: its cells have two coordinates."""
    path = tmp_path / "emily.toml"
    path.write_text(f'[state]\nfolder = "{tmp_path}"\n{text}')
    tier = build_tier("cognition", load(path))
    assert isinstance(tier, CognitionTier)
    answers = [tier.generate(Generate(query=query, num_samples=1)) for query in QUERIES]
    return [len(answer.hypotheses[0]) == 2 for answer in answers]


def test_the_shipped_model_is_the_default(tmp_path: Path) -> None:
    assert not any(used(tmp_path, ""))


def test_the_settings_name_another(tmp_path: Path, weights: Path) -> None:
    assert all(used(tmp_path, f'[gflownet]\nweights = "{weights}"\n'))


@pytest.mark.parametrize(("enabled", "percentage"), [("true", 30), ("true", 100), ("false", 100)])
def test_a_flag_makes_it_a_canary(
    tmp_path: Path, weights: Path, enabled: str, percentage: int
) -> None:
    flags = tmp_path / "flags.toml"
    flags.write_text(f"[{CANARY}]\nenabled = {enabled}\nrollout_percentage = {percentage}\n")
    chosen = used(tmp_path, f'[gflownet]\nweights = "{weights}"\n[flags]\nfile = "{flags}"\n')
    expected = [enabled == "true" and bucket(CANARY, query) < percentage * 100 for query in QUERIES]
    assert chosen == expected
