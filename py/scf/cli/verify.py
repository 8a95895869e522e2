"""`scf verify`: a release, a proof or a log that grew with the public key alone, or the vault."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from scf.cli.options import answer, home_option, json_option
from scf.cli.reading import key_option, named_keys
from scf.errors import ScfError
from scf.settings import Home

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scf.attest.proof import Link
    from scf.attest.public import Keys
    from scf.attest.statement import TreeHead

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


class DamageError(ScfError):
    """The vault is not as it was written."""

    code = "SCF009"


@click.command()
@click.argument("path", required=False, type=click.Path(exists=True, path_type=Path))
@key_option
@click.option("--old", metavar="HEAD", type=_FILE, help="The head of the log that was kept.")
@click.option(
    "--new", metavar="HEAD", type=_FILE, help="The head of the log of now, or a proof of an entry."
)
@click.option("--vault", is_flag=True, help="Read the whole vault of the home and check every CID.")
@home_option
@json_option
def command(
    path: Path | None,
    key: str | None,
    old: Path | None,
    new: Path | None,
    vault: bool,
    home: Home,
    as_json: bool,
) -> None:
    """Check PATH, a release's folder or a proof, with nothing but it and the public key.

    With --old and --new, PATH is what `scf log --since SIZE` printed, and it is checked that the log of
    the new head begins with that of the old one. Exit code 3 when it is not what was signed.

    \b
    Example: scf verify release_history/week-2026-11-16 --key keys.json
             scf verify grown.json --old head.json --new head-now.json --key keys.json
    """
    if vault == (path is not None):
        raise click.UsageError("give a PATH, or --vault")
    if (old is None) != (new is None) or (vault and old is not None):
        raise click.UsageError(
            "--old and --new are two heads of a log; PATH leads from one to the other"
        )
    if vault:
        _verify_vault(home, as_json)
        return
    if path is not None and old is not None and new is not None:
        _verify_growth(path, old, new, _public(key, home), as_json)
        return
    from scf.attest.verify import verify
    from scf.release.verify import verify_release

    assert path is not None  # noqa: S101 - or it would have been a usage error
    public = _public(key, home)
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
        statement = verify(_read(path), public, source=path.name)
        table = {"statement": statement.model_dump(mode="json")}
        subjects = "".join(f"\n  {one.name} {one.cid}" for one in statement.subjects)
        said = f"{path.name}: {statement.kind}, as signed and logged{subjects}"
    answer(as_json, table, lambda: said)


def _verify_growth(path: Path, old: Path, new: Path, keys: "Keys", as_json: bool) -> None:
    from scf.attest.proof import Consistency
    from scf.attest.statement import exact
    from scf.attest.verify import check_consistency

    grown = exact(Consistency, _read(path), source=path.name)
    before, _ = _head(old)
    after, chain = _head(new)
    check_consistency(before, after, grown, keys, chain)
    table = {"old": before.model_dump(mode="json"), "new": after.model_dump(mode="json")}
    said = f"the log of {after.size} entries begins with that of {before.size}, as signed"
    answer(as_json, table, lambda: said)


def _head(path: Path) -> "tuple[TreeHead, Sequence[Link]]":
    """A head, with the changes of keys up to it where it is that of a proof. Raises ProofError."""
    from scf.attest.proof import Proof
    from scf.attest.statement import TreeHead, exact

    text = _read(path)
    if b'"inclusion":' in text:  # which no head has
        proof = exact(Proof, text, source=path.name)
        return proof.head, proof.chain
    return exact(TreeHead, text, source=path.name), ()


def _read(path: Path) -> bytes:
    """A proof or a head; of a file that is longer, enough to see that it is. Raises OSError."""
    from scf.attest.proof import MAX_PROOF

    with path.open("rb") as file:
        return file.read(MAX_PROOF + 1)


def _public(named: str | None, home: Home) -> "Keys":
    """The keys that are named, or else the home's: never those of the drive, which vouch for nothing."""
    from scf.attest.keys import PUBLIC

    try:
        return named_keys(named or str(home.keys / PUBLIC))
    except OSError as error:
        if named is not None:
            raise
        raise ScfError(
            f"{home.keys / PUBLIC} cannot be read: {error.strerror}",
            hint="name the log's public key: --key KEY",
        ) from error


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
