"""`scf keys`: the keys that sign, and the change to a new one."""

import click

from scf.cli.options import answer, home_option, json_option, refuse_when_locked, say
from scf.settings import Home


@click.command()
@click.option("--rotate", is_flag=True, help="Hand the log over to a new key.")
@home_option
@json_option
def command(rotate: bool, home: Home, as_json: bool) -> None:
    """List the public keys, oldest first, and from which entry of the log on each was in use.

    Who holds the first one can verify everything: each key is vouched for by the one before it. After
    a rotation, destroy the old private key where it is not needed any more.

    \b
    Example: scf keys --json
    """
    from scf.attest.keys import Keyring
    from scf.attest.log import Log
    from scf.attest.published import Published
    from scf.drive import Drive

    if rotate:
        refuse_when_locked(home)
        ring = Keyring.open(home.keys)
        log = Log.open(Drive.open(home.settings().drive), ring)
        new = log.rotate(after=ring.keys.last.key)
        say(f"entry {len(log) - 1} hands the log to {new.key}")
    public = Published.find(home.keys, Drive(home.settings().drive)).keys
    table = public.model_dump(mode="json")
    answer(
        as_json,
        table,
        lambda: "\n".join(
            f"{key.key}  from entry {key.since}  public {key.public}" for key in public.keys
        ),
    )
