"""The atlas on a drive: a file for each shard that was measured, and for each dataset its picture."""

from pathlib import Path

from pydantic import Field

from scf.atlas.energies import ENERGIES, Energies
from scf.atlas.picture import picture
from scf.atlas.statistics import BINS, FieldPath, Statistics, measure
from scf.cid import Cid, cid_of, digest_of
from scf.contracts.base import Document
from scf.contracts.dataset import Dataset, ShardRef
from scf.drive import Drive, Partition
from scf.errors import ContractError, ScfError

_SHARDS = "shards"
_SURVEY = "survey.json"
PICTURE = "atlas.svg"


class AtlasError(ScfError):
    """Something that the atlas does not have."""

    code = "SCF015"


class Survey(Document):
    """The statistics of a dataset's shards, in its order."""

    dataset: Cid
    field: FieldPath | None = None
    shards: tuple[Statistics, ...] = Field(min_length=1)


class Atlas:
    """Everything in it is made from shards and results, and can be made again."""

    def __init__(self, drive: Drive) -> None:
        self._drive = drive

    @classmethod
    def open(cls, drive: Drive) -> "Atlas":
        """The atlas of a drive. Raises DriveError."""
        drive.check()
        return cls(drive)

    def survey(self, dataset: Dataset, *, field: str | None = None) -> Survey:
        """Measure the shards of the vault that were not measured before; keep and return them all.

        `field` is the path of a number, or an array of such, in the contents: `point`, `point.0`.
        Raises ShardError, UnreadableError, DriveError.
        """
        shards = tuple(self._measured(ref, field) for ref in dataset.shards)
        survey = Survey(dataset=dataset.id, field=field, shards=shards)
        self._keep(self._folder(dataset.id) / _SURVEY, survey.canonical())
        return survey

    def energies(self, dataset: Dataset, energies: Energies) -> None:
        """Keep what a training found on a dataset; what it found before is replaced.

        Raises ContractError when it is about other shards, DriveError.
        """
        strange = set(energies.shards) - {ref.name for ref in dataset.shards}
        if strange:
            raise ContractError(f"energies of {min(strange)}, which is not in the dataset")
        self._keep(self._folder(dataset.id) / ENERGIES, energies.canonical())

    def draw(self, dataset: str) -> str:
        """The picture of a dataset that was surveyed, by its id; also kept beside the survey.

        Raises AtlasError when it was not, DriveError.
        """
        try:
            digest_of(dataset)
        except ValueError as error:
            raise AtlasError(f"{dataset!r} is no dataset's id: {error}") from None
        folder = self._drive.root / Partition.ENERGY_ATLAS / dataset
        try:
            survey = Survey.read(folder / _SURVEY)
        except FileNotFoundError:
            self._drive.check()
            raise AtlasError(f"the dataset {dataset} was never surveyed") from None
        try:
            energies = Energies.read(folder / ENERGIES)
        except FileNotFoundError:
            energies = Energies(shards={})
        svg = picture(survey.shards, energies.shards)
        self._keep(folder / PICTURE, svg.encode())
        return svg

    def _measured(self, ref: ShardRef, field: str | None) -> Statistics:
        suffix = "" if field is None else f"-{cid_of(f'{BINS} {field}'.encode())[-16:]}"
        folder = self._drive.folder(Partition.ENERGY_ATLAS, _SHARDS)
        path = folder / f"{ref.cid}{suffix}.json"
        try:
            # the same bytes under another name are another dataset's shard
            return Statistics.read(path).model_copy(update={"name": ref.name})
        except (FileNotFoundError, ContractError):
            shards = self._drive.root / Partition.FOSSIL_VAULT / _SHARDS
            found = measure(shards / ref.name, ref, field)
            self._drive.write(path, found.canonical())
            return found

    def _folder(self, dataset: str) -> Path:
        return self._drive.folder(Partition.ENERGY_ATLAS, dataset)

    def _keep(self, path: Path, data: bytes) -> None:
        if not path.exists() or path.read_bytes() != data:
            self._drive.write(path, data)
