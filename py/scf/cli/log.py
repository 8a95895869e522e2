"""`scf log`: the attestations, and proofs of them."""

from datetime import UTC, datetime

import click

from scf.cli.options import home_option
from scf.cli.reading import key_option, read_log
from scf.drive import Drive
from scf.errors import ScfError
from scf.settings import Home


@click.command()
@click.option(
    "--proof", metavar="INDEX", type=click.IntRange(min=0), help="Print an entry's proof."
)
@click.option(
    "--head", is_flag=True, help="Print the signed head: keep it elsewhere, for scf verify --old."
)
@click.option(
    "--since",
    metavar="SIZE",
    type=click.IntRange(min=1),
    help="Print the proof that it still begins with its first SIZE entries, for scf verify --old.",
)
@key_option
@home_option
def command(proof: int | None, head: bool, since: int | None, key: str | None, home: Home) -> None:
    """List what was attested, or print a proof that `scf verify` checks with the public key alone.

    To read it, the public keys are enough.

    \b
    Example: scf log --proof 0 >proof.json
    """
    from scf.attest.proof import Proof

    if sum((proof is not None, head, since is not None)) > 1:
        raise click.UsageError("give one of --proof, --head and --since")
    log = read_log(home, Drive.open(home.settings().drive), key)
    # canonical bytes and nothing after them: what is verified is what is printed
    if proof is not None:
        click.echo(Proof.of(log, proof).canonical(), nl=False)
    elif head:
        if not len(log):
            raise ScfError("nothing was attested yet: there is no head")
        click.echo(log.head().canonical(), nl=False)
    elif since is not None:
        click.echo(log.consistency(since).canonical(), nl=False)
    else:
        for entry in log.entries():
            statement = entry.attestation.statement
            day = datetime.fromtimestamp(statement.at, UTC).isoformat(" ", "minutes")[:16]
            subjects = ", ".join(f"{one.name} {one.cid[:16]}…" for one in statement.subjects)
            click.echo(f"{entry.index:>6}  {day}  {statement.kind}: {subjects}")
        click.echo(f"head of {len(log)}: {log.root}")
