"""The line that every generated file begins with, and the NixOS module of a concern."""

from sovereign.generators.output import Output
from sovereign.nix import template


def header(host: str, comment: str = "#") -> str:
    """Say, in a comment, which file to edit instead of the one that this line stands in."""
    return f"{comment} Generated from hosts/{host}/host.toml; edit that file instead.\n"


def module(concern: str, host: str, view: object) -> Output:
    """Print the view by `<concern>/<concern>.nix.j2`."""
    text = template.render(f"{concern}/{concern}.nix.j2", view)
    return Output(f"{concern}.nix", header(host) + text)
