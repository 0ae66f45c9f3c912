"""Ends whatever runs in a folder, and removes it, as soon as whoever started this has ended in whatever way.

Started as a process of its own: a benchmark that is killed cannot clean up, and its pipe to this closes all the same.
"""

import contextlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil

SECONDS = 60.0


@contextlib.contextmanager
def guarded(folder: Path) -> Iterator[None]:
    """End what runs in *folder* and remove it at the end, and also if this process is killed before."""
    command = [sys.executable, __file__, str(folder)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True)
    assert process.stdin is not None
    try:
        yield
    finally:
        process.stdin.close()
        process.wait(SECONDS)


def main(folder: str) -> None:
    sys.stdin.read()
    deadline = time.monotonic() + SECONDS
    while (left := [process for process in psutil.process_iter() if _is_of(process, folder)]) and (
        time.monotonic() < deadline
    ):
        for process in left:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()  # also one that is stopped
        psutil.wait_procs(left, 1)
    shutil.rmtree(folder, ignore_errors=True)


def _is_of(process: psutil.Process, folder: str) -> bool:
    """Works in the folder, or names it in its command line or as the place of its temporary files."""
    with contextlib.suppress(psutil.Error):
        if process.pid == os.getpid() or process.status() == psutil.STATUS_ZOMBIE:
            return False
        places = (process.cwd(), process.environ().get("TMPDIR", ""), *process.cmdline())
        return any(place == folder or place.startswith(f"{folder}/") for place in places)
    return False


if __name__ == "__main__":
    main(sys.argv[1])
