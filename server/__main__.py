"""The one place that reads the environment: smtp-monitors, python -m server and run.py begin here."""

import os
import signal
import sys


def main() -> int:
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C while the rest is loaded ends it without a traceback
    from server import cli

    return cli.main(sys.argv[1:], os.environ)


if __name__ == "__main__":
    sys.exit(main())
