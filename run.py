"""Start here: ``python run.py --help``."""

import os
import sys

from server.cli import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
