"""All codes, from the loader, the review and the option check, with their reasons."""

from collections.abc import Mapping
from difflib import get_close_matches

from sovereign.diagnostics import Explanation
from sovereign.errors import UsageError
from sovereign.inventory import codes
from sovereign.nix.options.check import CODES as OPTION_CODES
from sovereign.review.run import CODES as REVIEW_CODES
from sovereign.review.run import rules


def explanations() -> Mapping[str, Explanation]:
    """Every code with its explanation, in order."""
    own = {**codes.CODES, **REVIEW_CODES, **OPTION_CODES}
    return dict(sorted((own | {c: rule.explanation for c, rule in rules().items()}).items()))


def explain(code: str) -> Explanation:
    """The explanation of a code. Raises UsageError for one that does not exist."""
    known = explanations()
    found = known.get(code.upper())
    if found is None:
        near = get_close_matches(code.upper(), known, n=1)
        hint = f"did you mean {near[0]}?" if near else "list all: sovereign explain"
        raise UsageError(f'no code is called "{code}"', hint=hint)
    return found
