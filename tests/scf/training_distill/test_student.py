"""A student in a file: NumPy answers as torch does, without torch, and no broken file is served."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from scf.cid import cid_of
from scf.training.distill.card import Card, tensors_of
from scf.training.distill.checkpoint import load, save
from scf.training.distill.student import Student
from scf.training.distill.ternary import served
from scf.training.ebdm.network import EnergyModel
from scf.training.ebdm.shape import Shape
from scf.training.tensors import TensorsError, read, write

SHAPE = Shape(width=24, depth=3, features=10, levels=4)
CID = cid_of(b"a file")
FORMS = ["float", "ternary"]


def card(form: str) -> Card:
    return Card(
        form=form,
        shape=SHAPE,
        sigma_min=0.05,
        sigma_max=4.0,
        model="toy",
        generation=2,
        job=CID,
        dataset=CID,
        lineage=(CID,),
    )


def saved(folder: Path, form: str) -> tuple[Path, EnergyModel]:
    model = EnergyModel(SHAPE, seed=3)
    model.fit_scale(torch.tensor([0.5, -1.0]), 2.0)
    with torch.no_grad():
        for value in model.parameters():
            value.add_(0.05 * torch.randn(value.shape, generator=torch.Generator().manual_seed(1)))
    path = folder / f"{form}.safetensors"
    save(path, model, card(form))
    return path, model


def test_the_names_and_shapes_are_those_of_the_network() -> None:
    for shape in (SHAPE, Shape(), Shape(dimensions=3, depth=1, width=4, features=1, levels=1)):
        state = EnergyModel(shape).state_dict()
        assert tensors_of(shape) == {name: tuple(value.shape) for name, value in state.items()}


@pytest.mark.parametrize("form", FORMS)
def test_torch_reads_what_was_saved_to_the_bit(tmp_path: Path, form: str) -> None:
    path, model = saved(tmp_path, form)
    again, found = load(path)
    assert found == card(form)
    expected = served(model, form).state_dict()
    for name, value in again.state_dict().items():
        assert torch.equal(value, expected[name]), name


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("sigma", [0.05, 0.3, 4.0])
def test_numpy_answers_as_torch_does(tmp_path: Path, form: str, sigma: float) -> None:
    path, _ = saved(tmp_path, form)
    student, (model, _) = Student.load(path), load(path)
    random = np.random.default_rng(0)
    x = (4 * random.standard_normal((500, 2))).astype(np.float32)
    energy, score = student.both(x, sigma)
    for found, true in zip((energy, score), model.both(torch.from_numpy(x), sigma), strict=True):
        assert found.dtype == np.float32
        assert found.shape == tuple(true.shape)
        apart = np.linalg.norm(found - true.numpy()) / np.linalg.norm(true.numpy())
        assert apart < 1e-5


def test_each_point_may_have_noise_of_its_own(tmp_path: Path) -> None:
    student = Student.load(saved(tmp_path, "ternary")[0])
    x = np.random.default_rng(0).standard_normal((3, 2)).astype(np.float32)
    sigma = np.array([0.1, 1.0, 3.0], np.float32)
    whole = student.score(x, sigma)
    for row in range(3):
        alone = student.score(x[row : row + 1], float(sigma[row]))[0]
        assert whole[row] == pytest.approx(alone, rel=1e-4)
    assert student.energy(x, sigma).shape == (3,)


def test_samples_are_those_of_their_seed(tmp_path: Path) -> None:
    student = Student.load(saved(tmp_path, "float")[0])
    points = student.sample(50, seed=1, levels=3, steps=2)
    assert points.shape == (50, 2)
    assert points.dtype == np.float32
    assert np.isfinite(points).all()
    assert (points == student.sample(50, seed=1, levels=3, steps=2)).all()
    assert (points != student.sample(50, seed=2, levels=3, steps=2)).all()


def test_samples_of_a_gaussian_are_gaussian(tmp_path: Path) -> None:
    # without what the network adds, the energy is that of a Gaussian about the centre
    path, model = saved(tmp_path, "float")
    with torch.no_grad():
        model.outlet.zero_()
    save(path, model, card("float"))
    points = Student.load(path).sample(4000, seed=1, levels=20, steps=20, rate=0.5)
    assert points.mean(0) == pytest.approx([0.5, -1.0], abs=0.15)
    assert points.std(0) == pytest.approx([2.0, 2.0], rel=0.06)


def test_a_student_needs_no_torch(tmp_path: Path) -> None:
    path, _ = saved(tmp_path, "ternary")
    program = (
        "import sys; sys.modules['torch'] = None\n"
        "from pathlib import Path\n"
        "from scf.training.distill.student import Student\n"
        f"print(Student.load(Path({str(path)!r})).sample(3, seed=0).shape)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], check=False, capture_output=True, text=True
    )
    assert done.stdout == "(3, 2)\n", done.stderr


def test_a_ternary_file_is_small(tmp_path: Path) -> None:
    sizes = [saved(tmp_path, form)[0].stat().st_size for form in FORMS]
    ternary, rows = 2 * 24 * 24, 2 * 24
    assert sizes[0] - sizes[1] == pytest.approx(ternary * (4 - 1 / 5) - rows * 4, abs=200)


BROKEN = {
    "no layer": lambda arrays, _: arrays.pop("outlet"),
    "no packed layer": lambda arrays, _: arrays.pop("weights.0.packed"),
    "no scale": lambda arrays, _: arrays.pop("weights.1.scale"),
    "one more": lambda arrays, _: arrays.update(more=np.zeros(1, np.float32)),
    "double precision": lambda arrays, _: arrays.update(bias=arrays["bias"].astype(np.float64)),
    "another shape": lambda arrays, _: arrays.update(bias=arrays["bias"][:-1]),
    "nan": lambda arrays, _: arrays.update(bias=arrays["bias"] * np.float32("nan")),
    "one scale for all rows": lambda arrays, _: arrays.update({"weights.0.scale": np.float32(1)}),
    "a scale of infinity": lambda arrays, _: arrays.update(
        {"weights.0.scale": arrays["weights.0.scale"] * np.float32("inf")}
    ),
    "no spread": lambda arrays, _: arrays.update(spread=np.float32(0)),
    "no digits": lambda arrays, _: arrays.update(
        {"weights.0.packed": np.full_like(arrays["weights.0.packed"], 255)}
    ),
    "cut short": lambda arrays, _: arrays.update(
        {"weights.0.packed": arrays["weights.0.packed"][1:]}
    ),
    "a network of any size": lambda _, about: about["shape"].update(width=4096, depth=64),
    "another form": lambda _, about: about.update(form="float"),
    "another kind": lambda _, about: about.update(kind="teacher"),
    "no lineage": lambda _, about: about.update(lineage=[]),
}


@pytest.mark.parametrize("what", BROKEN)
def test_a_broken_file_is_refused(tmp_path: Path, what: str) -> None:
    arrays, about = read(saved(tmp_path, "ternary")[0])
    BROKEN[what](arrays, about)
    path = tmp_path / "broken"
    write(path, arrays, about)
    for reader in (Student.load, load):
        with pytest.raises(TensorsError, match=r"^broken is no student: "):
            reader(path)


def test_what_is_no_file_of_tensors_is_refused(tmp_path: Path) -> None:
    whole = saved(tmp_path, "ternary")[0].read_bytes()
    for content in (b"", whole[:100], whole[:-1], b"\xff" * 64):
        (tmp_path / "torn").write_bytes(content)
        with pytest.raises(TensorsError, match=r"^torn holds no tensors"):
            Student.load(tmp_path / "torn")
