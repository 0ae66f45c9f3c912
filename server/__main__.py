"""The one place that reads the environment: smtp-monitors, python -m server and run.py begin here."""

import os
import sys

from server import cli


def main() -> int:
    return cli.main(sys.argv[1:], os.environ)


if __name__ == "__main__":
    sys.exit(main())
