"""Choosing hosts by words: `cloudlab`, `web-*`, `@gpu`, `!@edge`, joined by commas."""

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from fnmatch import fnmatchcase

from sovereign.errors import UsageError
from sovereign.inventory.host import Host


def select(hosts: Mapping[str, Host], words: Sequence[str]) -> tuple[str, ...]:
    """The names of the chosen hosts, in the inventory's order; no words choose all.

    A word that begins with `!` takes hosts away. Raises UsageError for a word that matches none.
    """
    selectors = [part for word in words for part in word.split(",")]
    wanted = [s for s in selectors if not s.startswith("!")]
    unwanted = [s.removeprefix("!") for s in selectors if s.startswith("!")]
    chosen = {name for s in wanted for name in _matches(hosts, s)} if wanted else set(hosts)
    gone = {name for s in unwanted for name in _matches(hosts, s)}
    return tuple(name for name in hosts if name in chosen - gone)


def _matches(hosts: Mapping[str, Host], selector: str) -> list[str]:
    if selector.startswith("@"):
        tag = selector.removeprefix("@")
        found = [name for name, host in hosts.items() if tag in host.identity.tags]
        known = {f"@{tag}" for host in hosts.values() for tag in host.identity.tags}
    else:
        found = [name for name in hosts if fnmatchcase(name, selector)]
        known = set(hosts)
    if not found:
        near = get_close_matches(selector, sorted(known), n=1)
        hint = f'did you mean "{near[0]}"?' if near else f"known: {_few(sorted(known))}"
        raise UsageError(f'no host matches "{selector}"', hint=hint)
    return found


def _few(names: Sequence[str]) -> str:
    more = [f"and {len(names) - 20} more"] if len(names) > 20 else []
    return ", ".join([*names[:20], *more]) or "none"
