"""Benchmarks of SCF: `python bench/scf --help`."""

import sys
from pathlib import Path

if __name__ == "__main__":
    # Started by its path, Python looks for modules beside this file; the package begins above it.
    sys.path[0] = str(Path(__file__).resolve().parents[2])
    from bench.scf.cli import main

    main()
