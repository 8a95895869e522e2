"""Who a host is: an id of its own, and a release that is there."""

from collections.abc import Iterator

from sovereign.diagnostics import Severity
from sovereign.review.rule import Hit, Subject, host_rule

_INSTALLER = "8425e349"
_NO_ID = "00000000"


@host_rule(
    "FLT002",
    Severity.ERROR,
    "A host id that is nobody's",
    why="00000000 means to ZFS that the host has no id; 8425e349 is that of every NixOS installer"
    " image, so that a pool would look as if it were still the installer's.",
    source="https://github.com/nix-community/nixos-images",
)
def no_host_id(subject: Subject) -> Iterator[Hit]:
    """Find the host ids of no host and of the installer."""
    host_id = subject.host.identity.host_id
    if host_id in {_INSTALLER, _NO_ID}:
        yield Hit(
            ("identity", "host_id"),
            f'"{host_id}" is '
            + ("the installer's host id" if host_id == _INSTALLER else "no host id to ZFS"),
            fix="8 random hexadecimal digits: head -c4 /dev/urandom | od -A none -t x4",
        )


@host_rule(
    "FLT010",
    Severity.WARNING,
    "A host was installed with a release that is not there yet",
    why="state_version is the release that a host was first installed with, and services choose the"
    " format of their files by it. One that is newer than the fleet's release asks for formats that"
    " its programs do not have.",
    source="https://nixos.org/manual/nixos/stable/options#opt-system.stateVersion",
)
def state_of_the_future(subject: Subject) -> Iterator[Hit]:
    """Compare state_version with the fleet's release."""
    state, release = subject.host.system.state_version, subject.fleet.release.nixos
    if state > release:
        yield Hit(
            ("system", "state_version"),
            f"{state} is newer than the fleet's release, {release}",
            fix=f'state_version = "{release}", if the host is installed now',
        )
