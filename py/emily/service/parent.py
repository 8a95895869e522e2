"""The supervisor of `emily up`, as its children see it."""

import os

VARIABLE = "EMILY_SUPERVISOR_PID"


def orphaned() -> bool:
    """Tell whether this process had a supervisor that is gone: nobody else would end it."""
    supervisor = os.environ.get(VARIABLE)
    return supervisor is not None and supervisor != str(os.getppid())
