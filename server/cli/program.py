"""The command as it was typed: run.py, smtp-monitors or python -m server. For messages, and to start it again."""

import sys
from pathlib import Path

MODULE = "__main__.py"  # what Python puts in the place of -m server


def name() -> str:
    typed = Path(sys.argv[0]).name
    return "python -m server" if typed == MODULE else typed


def command() -> list[str]:
    """Starts another process of this program."""
    # not the file of -m server: Python would look for modules beside it, and find our http for its own
    started = ["-m", "server"] if Path(sys.argv[0]).name == MODULE else [sys.argv[0]]
    return [sys.executable, *started]
