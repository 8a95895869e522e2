"""`scf verify`: a release or a proof with the public key alone, or the vault."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from scf.cli.options import answer, home_option, json_option
from scf.errors import ScfError
from scf.settings import Home

if TYPE_CHECKING:
    from scf.attest.public import Keys


class DamageError(ScfError):
    """The vault is not as it was written."""

    code = "SCF009"


@click.command()
@click.argument("path", required=False, type=click.Path(exists=True, path_type=Path))
@click.option(
    "--key",
    "keys",
    metavar="KEY",
    help="The public key: a file keys.json, or 64 hexadecimal digits; else that of the home.",
)
@click.option("--vault", is_flag=True, help="Read the whole vault of the home and check every CID.")
@home_option
@json_option
def command(path: Path | None, keys: str | None, vault: bool, home: Home, as_json: bool) -> None:
    """Check PATH, a release's folder or a proof, with nothing but it and the public key.

    Exit code 3 when it is not what was signed.

    \b
    Example: scf verify release_history/week-2026-11-16 --key keys.json
    """
    if vault == (path is not None):
        raise click.UsageError("give a PATH, or --vault")
    if vault:
        _verify_vault(home, as_json)
        return
    from scf.attest.verify import verify
    from scf.release.verify import verify_release

    assert path is not None  # noqa: S101 - or it would have been a usage error
    public = _public(keys, home)
    if path.is_dir():
        report = verify_release(path, public)
        version = report.release.version
        table: dict[str, object] = {
            "release": report.id,
            "files": report.files,
            "statement": report.statement.model_dump(mode="json"),
        }
        said = f"{path.name}: {version.model} version {version.version}, {report.files} files, as signed"
    else:
        statement = verify(path.read_bytes(), public, source=path.name)
        table = {"statement": statement.model_dump(mode="json")}
        subjects = "".join(f"\n  {one.name} {one.cid}" for one in statement.subjects)
        said = f"{path.name}: {statement.kind}, as signed and logged{subjects}"
    answer(as_json, table, lambda: said)


def _public(named: str | None, home: Home) -> "Keys":
    from scf.attest.public import Keys

    if named is not None and len(named) == 64 and not Path(named).exists():
        try:
            return Keys.only(named)
        except ValueError:
            raise click.BadParameter("no public key: expected 64 hexadecimal digits") from None
    return Keys.read(Path(named) if named else home.keys / "keys.json")


def _verify_vault(home: Home, as_json: bool) -> None:
    from scf.drive import Drive
    from scf.vault import Vault

    found = Vault.open(Drive.open(home.settings().drive)).check()
    table = {
        "shards": found.shards,
        "fossils": found.fossils,
        "damage": [str(each) for each in found.damage],
    }
    answer(as_json, table, lambda: f"{found.fossils} fossils in {found.shards} shards were read")
    if found.damage:
        raise DamageError(f"{len(found.damage)} places are damaged: {found.damage[0]}")
