"""What --version says: the version, and the commit where it is known."""

import contextlib
import subprocess
from pathlib import Path

VERSION = "0.1.0"
SERVER = Path(__file__).parent.parent
BUILT_FROM = SERVER / "COMMIT"  # put into the wheel by .deploy/build_hook.py


def version() -> str:
    commit = built_from()
    return f"smtp-monitors {VERSION}" + (f" ({commit})" if commit else "")


def built_from() -> str:
    """The commit of the wheel or of the checkout; empty in a copy of the files alone."""
    with contextlib.suppress(FileNotFoundError):
        return BUILT_FROM.read_text().strip()
    if not (SERVER.parent / ".git").exists():
        return ""
    described = ["git", "-C", str(SERVER.parent), "describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"]
    with contextlib.suppress(OSError):
        return subprocess.run(described, capture_output=True, text=True, check=False).stdout.strip()  # noqa: S603
    return ""
