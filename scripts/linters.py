"""Run the linters: the command line of ``checking.linters``."""

from __future__ import annotations

import argparse
import sys

from checking.linters import run


def main() -> int:
    """Run as a command."""
    parser = argparse.ArgumentParser(description="Run the linters. Exit codes: 0 clean; 1 not; 2 wrong usage.")
    parser.add_argument("--fast", action="store_true", help="only those that need no dbt")
    parser.add_argument("--fix", action="store_true", help="fix what the linters can fix")
    options = parser.parse_args()
    return run(False if options.fast else None, fix=options.fix)


if __name__ == "__main__":
    sys.exit(main())
