"""The daemon and every verb that only looks do without what trains."""

import subprocess
import sys

import pytest

MODULES = ("scf.daemon.build", "scf.daemon.shown", "scf.cli.status", "scf.release.weekly")
HEAVY = ("torch", "ray", "mlflow", "pyarrow", "safetensors")


@pytest.mark.parametrize("module", MODULES)
def test_nothing_heavy_is_imported(module: str) -> None:
    program = f"import sys, {module}; print(*(set(sys.modules) & set({HEAVY!r})))"
    done = subprocess.run(
        [sys.executable, "-P", "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == ""
