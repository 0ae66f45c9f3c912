"""The postmaster of a directory, as its lock file names it: whoever started it, and whether it still lives."""

import contextlib
import signal
import socket
import time
from pathlib import Path

import psutil

STOP_SECONDS = 60.0  # for a last checkpoint; after that, it is stopped without one
LINES = 8  # of a lock file that is complete
EMPTY_SECONDS = 5.0  # after which a lock file that is empty was left by one killed in that moment


def file(directory: Path) -> Path:
    return directory / "postmaster.pid"


def address(directory: Path) -> tuple[str, str] | None:
    """The folder of its socket, and the port that the socket is named after."""
    with contextlib.suppress(OSError):
        lines = _lines(directory)
        if len(lines) == LINES and lines[4]:
            return lines[4], lines[3]
    return None


def process(directory: Path, *, alone: bool) -> psutil.Process | None:
    """The postmaster, or one that is starting; None if there is none, or it is dead.

    After a loss of power another process may have that pid, so it must listen. A socket that is not there may be out
    of sight, in a /tmp of a service's own, unless we hold DATA_DIR *alone*.
    """
    try:
        named = psutil.Process(int(_lines(directory)[0]))
        found = address(directory)
        # it listens before its lock file is complete
        if named.status() == psutil.STATUS_ZOMBIE or (found and not _listens(_socket(*found), alone=alone)):
            return None
    except (OSError, ValueError, IndexError, psutil.NoSuchProcess):
        return None
    return named


def forget_dead(directory: Path, *, alone: bool) -> None:
    """Remove a dead one's lock files where PostgreSQL would not: it takes a process that has the pid for a postmaster.

    That process may be another by now, or the killed postmaster itself, as a zombie. Otherwise the file is left to
    PostgreSQL, which sees in it whether processes of the dead one still use the database.
    """
    with contextlib.suppress(OSError, ValueError):
        lines, found = _lines(directory), address(directory)
        if not lines:
            stale = alone and time.time() - file(directory).stat().st_mtime > EMPTY_SECONDS
        else:
            stale = psutil.pid_exists(int(lines[0])) and process(directory, alone=alone) is None
        if stale:
            file(directory).unlink()
            if found is not None:
                Path(f"{_socket(*found)}.lock").unlink(missing_ok=True)


def kill_orphans(directory: Path) -> None:
    """Kill what a dead one has left: a process that waits for a lock of another, which was killed, never ends."""
    for process in psutil.process_iter(["name"]):
        with contextlib.suppress(psutil.Error):
            if process.info["name"] == "postgres" and process.cwd() == str(directory):
                process.kill()


def kill_makers(directory: Path) -> None:
    """Kill an initdb that still makes a database there, whose server was killed, and what it has started."""
    for process in psutil.process_iter(["name"]):
        with contextlib.suppress(psutil.Error):
            if process.info["name"] == "initdb" and str(directory) in process.cmdline():
                family = [process, *process.children(recursive=True)]
                for one in family:
                    one.kill()
                psutil.wait_procs(family, STOP_SECONDS)


def stop(process: psutil.Process) -> None:
    for fast_then_immediate in (signal.SIGINT, signal.SIGQUIT):
        with contextlib.suppress(psutil.TimeoutExpired, psutil.NoSuchProcess):
            process.send_signal(fast_then_immediate)
            process.wait(STOP_SECONDS)
            return


def _lines(directory: Path) -> list[str]:
    return [line.strip() for line in file(directory).read_text().splitlines()]


def _socket(folder: str, port: str) -> Path:
    return Path(folder) / f".s.PGSQL.{port}"


def _listens(path: Path, *, alone: bool) -> bool:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.setblocking(False)
        try:
            connection.connect(str(path))
        except ConnectionRefusedError:
            return False
        except FileNotFoundError:
            return not alone
        except BlockingIOError:
            pass  # it is busy
        return True
