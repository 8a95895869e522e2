"""`sovereign init`: a new fleet."""

from pathlib import Path

import rich_click as click

from sovereign.cli.output import json_option


@click.command("init")
@click.argument(
    "folder", type=click.Path(file_okay=False, path_type=Path), default=".", metavar="[DIR]"
)
@click.option("--name", help="The fleet's name. Default: the folder's.")
@click.option("--host", default="server", show_default=True, help="The first host's name.")
@click.option("--operator", metavar="ACCOUNT", help="Who administers the hosts; needs --key.")
@click.option(
    "--key",
    "key_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The operator's SSH public key, a .pub file.",
)
@json_option
def command(
    folder: Path,
    name: str | None,
    host: str,
    operator: str | None,
    key_file: Path | None,
    as_json: bool,
) -> None:
    """Start a fleet: a flake, hosts/fleet.toml and one host to edit.

    Writes nothing when DIR holds a fleet or a flake already.

    Example: sovereign init my-fleet --host web-1 --operator alice --key ~/.ssh/id_ed25519.pub
    """
    from secrets import token_hex

    from sovereign.cli.output import answer, answer_json, talk
    from sovereign.operate.init import Names, new_fleet, read_key, suggested_name, write_fleet

    place = folder.resolve()
    key = read_key(key_file) if key_file else None
    names = Names.parse(name or suggested_name(place), host, operator, key)
    written = write_fleet(place, new_fleet(names, token_hex(4)))
    if as_json:
        answer_json({"root": str(place), "written": written})
        return
    answer("\n".join(f"written  {folder / path}" for path in written))
    talk(next_steps(folder, names.host, named=operator is not None))


def next_steps(folder: Path, host: str, *, named: bool) -> str:
    """What a person does now."""
    key = "" if named else ", and your own account and SSH key"
    return "\n".join(
        [
            "",
            "Next:",
            f"  1. Write your values{key} in the lines that end in EDIT:",
            f"     {folder / 'hosts/fleet.toml'}, {folder / 'hosts' / host / 'host.toml'}",
            f"  2. sovereign generate --root {folder}",
            "  3. Let git know the files: a flake in a git repository sees no others.",
            f"     git -C {folder} init; git -C {folder} add .",
            f"  4. nix build {folder}#nixosConfigurations.{host}.config.system.build.toplevel",
        ]
    )
