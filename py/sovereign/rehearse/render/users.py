"""Accounts and groups as `users.users` and `users.groups` declare them, made by the distribution's tools.

Follows nixpkgs' nixos/modules/config/users-groups.nix and update-users-groups.pl as of nixos-26.05:
a normal user's group is `users`, nobody has a password, and a group has the members that are declared
and no others.
"""

from collections.abc import Collection, Mapping
from shlex import quote

STAND_IN = "accounts made from options"


def accounts_script(people: Mapping[str, str], groups: Mapping[str, Collection[str]]) -> str:
    """Return a script that may run again: people by their description, groups by their members.

    An account that it made before and that is no longer declared is removed.
    """
    made = [f"person {quote(name)} {quote(text)}" for name, text in sorted(people.items())]
    joined = [
        f"group {quote(name)} {quote(','.join(sorted(members)))}"
        for name, members in sorted(groups.items())
    ]
    known = "\n".join(sorted(people))
    return "\n".join(
        [_FUNCTIONS, f"declared={quote(known)}", *([_GONE] if people else []), *made, *joined, ""]
    )


_FUNCTIONS = """#!/bin/bash
set -eu
made=/var/lib/sovereign/people
mkdir -p /var/lib/sovereign
touch "$made"

person() {
  getent passwd "$1" > /dev/null ||
    useradd --no-user-group --gid users --create-home --shell /bin/bash "$1"
  usermod --comment "$2" --lock "$1"
  grep -qxF -e "$1" "$made" || printf '%s\\n' "$1" >> "$made"
}

group() {
  getent group "$1" > /dev/null || groupadd --system "$1"
  gpasswd --members "$2" "$1"
}
"""
_GONE = """while read -r name; do
  if ! grep -qxF -e "$name" <<< "$declared"; then
    userdel --force "$name"
  fi
done < <(cat "$made")
printf '%s\\n' "$declared" > "$made"
"""
