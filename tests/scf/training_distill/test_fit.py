"""What a student is held to: at each noise level an error counts as a part of the score there."""

import pytest
import torch

from scf.training.distill.config import Config
from scf.training.distill.fit import Lesson
from scf.training.ebdm.network import EnergyModel
from scf.training.ebdm.shape import Shape

LOW, HIGH = 0.05, 4.0


def lesson(spread: float) -> Lesson:
    """By a teacher that knows one Gaussian, of this standard deviation."""
    teacher = EnergyModel(Shape(width=8, depth=2, features=4, levels=2))
    teacher.fit_scale(torch.zeros(2), spread)
    with torch.no_grad():
        teacher.outlet.zero_()
    points = spread * torch.randn(4000, 2, generator=torch.Generator().manual_seed(1))
    return Lesson(teacher, LOW, HIGH, points, Config())


@pytest.mark.parametrize("sigma", [LOW, 0.3, 1.0, HIGH])
def test_an_error_counts_as_a_part_of_the_score(sigma: float) -> None:
    # |sigma · score|² of a Gaussian is, in the mean, 2 sigma² / (sigma² + spread²)
    strength = 2 * sigma**2 / (sigma**2 + 0.25)
    found = lesson(0.5).weight(torch.tensor([sigma, sigma]))
    assert found.tolist() == pytest.approx([1 / strength] * 2, rel=0.15)


def test_where_there_is_next_to_no_score_no_error_counts_for_all() -> None:
    assert float(lesson(100.0).weight(torch.tensor([LOW]))) == pytest.approx(100)
