"""HDC on real tasks beside torchhd: `python bench/hdc/tasks digits` or `... languages --cache DIR`.

Needs torch, torch-hd and scikit-learn; the texts for the languages come from Debian's packages,
which apt-get fetches at first.
"""

import argparse
import subprocess
import sys
from pathlib import Path


def main() -> None:
    """Read the command line and run the task."""
    from bench.hdc.machine import describe
    from bench.hdc.tasks import digits, languages

    parser = argparse.ArgumentParser(description=__doc__)
    tasks = parser.add_subparsers(dest="task", required=True)
    tasks.add_parser("digits", help=digits.__doc__)
    texts = tasks.add_parser("languages", help=languages.__doc__)
    texts.add_argument("--cache", type=Path, required=True, help="where packages are kept")
    texts.add_argument("--letters", type=int, default=200_000, help="to learn, per language")
    texts.add_argument("--sentences", type=int, default=300, help="to tell, per language")
    texts.add_argument("--n", type=int, nargs="+", default=[3, 4], help="letters of an n-gram")
    words = parser.parse_args()
    print(describe(), end="\n\n")
    try:
        if words.task == "digits":
            digits.run()
        else:
            languages.run(words.cache, words.letters, words.sentences, words.n)
    except ImportError as error:
        sys.exit(f"{error}; bench/hdc/peers.txt lists what the benchmarks need")
    except (OSError, subprocess.CalledProcessError) as error:
        sys.exit(f"no manual pages: {error}")


if __name__ == "__main__":
    # Started by its path, Python looks for modules beside this file; the package begins above it.
    sys.path[0] = str(Path(__file__).resolve().parents[3])
    main()
