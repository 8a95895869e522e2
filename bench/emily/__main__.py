"""Benchmarks of Emily's services: `python bench/emily --help`."""

import sys
from pathlib import Path

if __name__ == "__main__":
    # Started by its path, Python looks for modules beside this file; the package begins above it.
    root = Path(__file__).resolve().parents[2]
    sys.path[0] = str(root)
    sys.path.append(str(root / "tests"))
    from bench.emily.cli import main

    main()
