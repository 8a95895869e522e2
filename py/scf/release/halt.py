"""The emergency lock, looked at between the steps of a release: each of them is whole or not begun."""

from collections.abc import Callable

from scf.release.errors import HaltedError

Halted = Callable[[], bool]
"""Whether everything is to stop."""


def never() -> bool:
    """Nobody says so."""
    return False


def go_on(halted: Halted, step: str) -> None:
    """Raise HaltedError, which names the step that is not begun, when everything is to stop."""
    if halted():
        raise HaltedError(
            f"the emergency lock exists: stopped before {step}",
            hint="remove it when the emergency is over, and call it again: it goes on",
        )
