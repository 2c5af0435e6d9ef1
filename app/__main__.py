"""`python -m app` and the console script `recto`."""

from __future__ import annotations

import sys

from app.cli import main as run


def main() -> None:
    sys.exit(run())


if __name__ == "__main__":
    main()
