"""The atlas: what it says of shards, kept by CID, and the picture that it draws."""

import math
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from tests.scf.vault_world import Cut, ingest, lines, new_vault

from scf.atlas import Atlas
from scf.atlas.atlas import AtlasError
from scf.atlas.energies import Energies, Histogram, Spread
from scf.contracts.dataset import Dataset
from scf.drive import Drive, Partition
from scf.errors import ContractError, DriveError
from scf.vault import Vault, subset

SVG = "{http://www.w3.org/2000/svg}"
RNG = np.random.default_rng(3)
POINTS = np.stack([RNG.uniform(0, 4, 8000), RNG.normal(0, 1, 8000)], 1)


@pytest.fixture(scope="module")
def vault(tmp_path_factory: pytest.TempPathFactory) -> Vault:
    """Two shards of points, uniform in one direction and normal in the other."""
    root = tmp_path_factory.mktemp("atlas")
    made = new_vault(root / "drive")
    rows = ({"point": point, "name": "x"} for point in POINTS.tolist())
    ingest(made, lines(root / "points.ndjson", rows), cut=Cut(records=5000))
    return made


@pytest.fixture
def dataset(vault: Vault) -> Dataset:
    return vault.dataset()


@pytest.fixture
def atlas(vault: Vault) -> Atlas:
    return Atlas.open(vault.drive)


def files(vault: Vault) -> dict[str, tuple[int, bytes]]:
    folder = vault.drive.root / Partition.ENERGY_ATLAS
    found = (path for path in folder.rglob("*") if path.is_file())
    return {str(path): (path.stat().st_mtime_ns, path.read_bytes()) for path in found}


def spread(mean: float, counts: tuple[int, ...] = (1, 5, 2)) -> Spread:
    return Spread(
        n=sum(counts),
        mean=mean,
        sd=1.0,
        min=mean - 2,
        max=mean + 2,
        histogram=Histogram(low=mean - 3, high=mean + 3, counts=counts),
    )


def test_a_uniform_and_a_normal_field_have_the_entropy_that_they_have(
    atlas: Atlas, dataset: Dataset
) -> None:
    for field, differential, mean, sd in [
        ("point.0", math.log2(4), 2.0, 4 / math.sqrt(12)),
        ("point.1", 0.5 * math.log2(2 * math.pi * math.e), 0.0, 1.0),
    ]:
        survey = atlas.survey(dataset, field=field)
        assert [shard.records for shard in survey.shards] == [5000, 3000]
        for shard in survey.shards:
            assert shard.field is not None
            assert (shard.field.path, shard.field.n) == (field, shard.records)
            assert shard.field.differential == pytest.approx(differential, abs=0.05)
            assert shard.field.mean == pytest.approx(mean, abs=0.06)
            assert shard.field.sd == pytest.approx(sd, rel=0.03)


def test_the_moments_are_those_of_the_values(atlas: Atlas, dataset: Dataset) -> None:
    (first, _) = atlas.survey(dataset, field="point").shards
    assert first.field is not None
    values = POINTS[:5000]
    assert first.field.n == values.size
    assert (first.field.low, first.field.high) == (values.min(), values.max())
    assert first.field.mean == pytest.approx(values.mean(), abs=1e-12)
    assert first.field.sd == pytest.approx(values.std(), abs=1e-12)


def test_the_bytes_have_the_entropy_that_counting_them_gives(
    atlas: Atlas, dataset: Dataset, vault: Vault
) -> None:
    from scf.atlas.entropy import miller_madow
    from scf.contracts.fossil import Fossil
    from scf.vault.reading import lines as rows

    ref = dataset.shards[1]
    raw = b"".join(Fossil.parse(row, source="").raw() for row in rows(vault.shards / ref.name, ref))
    shard = atlas.survey(dataset).shards[1]
    assert shard.entropy == pytest.approx(miller_madow(raw.count(byte) for byte in range(256)))
    assert shard.ratio == ref.raw_bytes / ref.bytes
    assert 3 < shard.entropy < 5


@pytest.mark.parametrize("field", ["name", "missing", "point.7", "point.0.1", "name.0"])
def test_a_field_without_numbers_has_none(atlas: Atlas, dataset: Dataset, field: str) -> None:
    (first, _) = atlas.survey(dataset, field=field).shards
    assert first.field is not None
    assert (first.field.n, first.field.entropy, first.field.differential) == (0, 0.0, None)


def test_a_survey_again_writes_nothing(atlas: Atlas, dataset: Dataset, vault: Vault) -> None:
    survey = atlas.survey(dataset, field="point")
    before = files(vault)
    assert atlas.survey(dataset, field="point") == survey
    assert files(vault) == before


def test_what_was_measured_is_not_read_again(atlas: Atlas, dataset: Dataset, vault: Vault) -> None:
    one = atlas.survey(subset(dataset, 1))
    path = vault.shards / dataset.shards[0].name
    aside = path.rename(path.with_suffix(".aside"))
    try:
        assert atlas.survey(dataset).shards[0] == one.shards[0]
    finally:
        aside.rename(path)


def test_the_picture_has_a_bar_for_each_shard_and_a_ridge_for_each_that_has_energies(
    atlas: Atlas, dataset: Dataset, vault: Vault
) -> None:
    only = subset(dataset, 1)
    atlas.survey(only)
    assert count(atlas.draw(only.id)) == {"bar": 1, "ridge": 0}
    atlas.survey(dataset)
    atlas.energies(dataset, Energies(shards={dataset.shards[1].name: spread(-4.0)}))
    svg = atlas.draw(dataset.id)
    assert count(svg) == {"bar": 2, "ridge": 1}
    assert "mean -4, sd 1, n 8" in svg
    kept = vault.drive.root / Partition.ENERGY_ATLAS / dataset.id / "atlas.svg"
    assert kept.read_text() == svg == atlas.draw(dataset.id)


def count(svg: str) -> dict[str, int]:
    tree = ElementTree.fromstring(svg)
    kinds = [element.get("class") for element in tree.iter()]
    return {kind: kinds.count(kind) for kind in ("bar", "ridge")}


def test_bars_are_as_high_as_their_entropy(atlas: Atlas, dataset: Dataset) -> None:
    survey = atlas.survey(dataset)
    tree = ElementTree.fromstring(atlas.draw(dataset.id))
    heights = [float(bar.get("height", 0)) for bar in tree.iter(f"{SVG}rect")]
    ratio = survey.shards[0].entropy / survey.shards[1].entropy
    assert heights[0] / heights[1] == pytest.approx(ratio, abs=1e-3)


def test_many_shards_still_make_a_picture() -> None:
    from scf.atlas.picture import picture
    from scf.atlas.statistics import Statistics
    from scf.cid import cid_of

    shards = [
        Statistics(
            shard=cid_of(b"%d" % number),
            name=f"shard-{number:08d}.ndjson.zst",
            records=1,
            entropy=number / 100,
            ratio=2.0,
        )
        for number in range(1, 501)
    ]
    svg = picture(shards, {shard.name: spread(shard.entropy) for shard in shards})
    assert count(svg) == {"bar": 500, "ridge": 32}
    assert "32 of 500 shards" in svg


def test_a_dataset_that_was_not_surveyed_has_no_picture(atlas: Atlas, dataset: Dataset) -> None:
    with pytest.raises(AtlasError, match="never surveyed"):
        atlas.draw(dataset.shards[0].cid)
    for hostile in ("../../model_zoo", "", "/etc"):
        with pytest.raises(AtlasError, match="no dataset's id"):
            atlas.draw(hostile)


def test_energies_of_other_shards_are_refused(atlas: Atlas, dataset: Dataset) -> None:
    with pytest.raises(ContractError, match="not in the dataset"):
        atlas.energies(dataset, Energies(shards={"another": spread(1.0)}))


@pytest.mark.parametrize(
    "text",
    [
        '{"v":1}',
        '{"v":2,"shards":{}}',
        '{"v":1,"shards":{"../x":{}}}',
        '{"v":1,"shards":{"a":{"n":1,"mean":3,"sd":0,"min":1,"max":2,"histogram":{"low":0,"high":1,"counts":[1]}}}}',
        '{"v":1,"shards":{"a":{"n":1,"mean":1,"sd":0,"min":1,"max":1,"histogram":{"low":1,"high":1,"counts":[1]}}}}',
        '{"v":1,"shards":{"a":{"n":1,"mean":1,"sd":0,"min":1,"max":1,"histogram":{"low":0,"high":1,"counts":[2]}}}}',
        '{"v":1,"shards":{"a":{"n":1,"mean":1,"sd":0,"min":1,"max":1,"histogram":{"low":-1e308,"high":1e308,"counts":[1]}}}}',
    ],
)
def test_energies_that_are_none_are_an_error(text: str) -> None:
    with pytest.raises(ContractError):
        Energies.parse(text, source="energies.json")


def test_energies_are_read_back(tmp_path: Path) -> None:
    energies = Energies(shards={"a": spread(-1.0), "b": spread(3.5)})
    (tmp_path / "energies.json").write_bytes(energies.canonical())
    assert Energies.read(tmp_path / "energies.json") == energies


def test_there_is_no_atlas_without_a_drive(tmp_path: Path) -> None:
    with pytest.raises(DriveError):
        Atlas.open(Drive(tmp_path))


@pytest.mark.parametrize(
    ("low", "high"), [(-1e200, 1e200), (0.0, 1e-190), (1.0, 1.0 + 1e-8), (-1e200, 0.0)]
)
def test_any_range_makes_a_picture(low: float, high: float) -> None:
    from scf.atlas.picture import picture
    from scf.atlas.statistics import Statistics
    from scf.cid import cid_of

    shard = Statistics(shard=cid_of(b""), name="a", records=1, entropy=0.0, ratio=1.0)
    histogram = Histogram(low=low, high=high, counts=(1, 0, 2))
    found = Spread(n=3, mean=low, sd=0.0, min=low, max=high, histogram=histogram)
    assert count(picture([shard], {"a": found})) == {"bar": 1, "ridge": 1}
