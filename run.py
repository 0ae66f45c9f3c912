"""Start here: ``python run.py --help``. Where this project is installed, it is the command ``smtp-monitors``."""

import sys

from server.__main__ import main

if __name__ == "__main__":
    sys.exit(main())
