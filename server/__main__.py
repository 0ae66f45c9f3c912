"""The one place that reads the environment: smtp-monitors, python -m server and run.py begin here."""

import sys

try:
    import os
    import signal

    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C while the rest is loaded ends it without a traceback
except KeyboardInterrupt:
    sys.exit(130)


def main() -> int:
    from server import cli

    return cli.main(sys.argv[1:], os.environ)


if __name__ == "__main__":
    sys.exit(main())
