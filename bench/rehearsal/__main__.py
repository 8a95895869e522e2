"""Figures of the rehearsal: `python bench/rehearsal --help`."""

import os
import sys
from pathlib import Path

if __name__ == "__main__":
    # Started by its path, Python looks for modules beside this file; the package begins above it.
    root = Path(__file__).resolve().parents[2]
    sys.path[0] = str(root)
    # The part that runs inside the namespaces is a process of its own, and begins there too.
    os.environ["PYTHONPATH"] = str(root)
    from bench.rehearsal.cli import main

    sys.exit(main())
