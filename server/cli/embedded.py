"""A PostgreSQL of our own in DATA_DIR, for as long as somebody here needs it."""

import contextlib
import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from server.access.key_ring import generate_key
from server.cli import postmaster, program, signals
from server.cli.cluster import Cluster
from server.cli.environment import ConfigError

HELD_SECONDS = 2  # in which a command that needs the database for a moment leaves DATA_DIR
ASIDE = ".new-"  # in the names of what is being made, and moves into place when it is whole


@contextlib.contextmanager
def database(data_dir: Path, *, exclusive: bool) -> Iterator[str]:
    """The URL of the running database, started if need be."""
    with cluster(data_dir, exclusive=exclusive) as running:
        yield running.url


@contextlib.contextmanager
def cluster(data_dir: Path, *, exclusive: bool) -> Iterator[Cluster]:
    """The running database, started if need be.

    *exclusive* is for the server: it alone holds DATA_DIR, and makes the database. Whoever finds one running under
    another holder leaves it running; otherwise it is stopped at the end.
    """
    directory = data_dir / "postgres"
    if exclusive:
        _make_folder(data_dir)
    elif not directory.exists():
        raise _missing(data_dir, "database")
    with (data_dir / "lock").open("a") as holder:
        held = _held(holder, HELD_SECONDS if exclusive else 0)
        if exclusive and not held:
            raise ConfigError(f"DATA_DIR {data_dir} is in use by another server")
        running = Cluster(directory, alone=held)
        try:
            if exclusive:
                _remove_leftovers(data_dir)
                if not (directory / "PG_VERSION").exists():
                    with signals.deferred():
                        running.make(Path(tempfile.mkdtemp(prefix=f"{directory.name}{ASIDE}", dir=data_dir)))
            running.start()
            yield running
        finally:
            if held:
                with signals.deferred():
                    running.stop()


def secret(data_dir: Path, name: str, *, make: bool) -> str:
    """A secret kept in DATA_DIR, readable by its owner alone. The server makes it once, whole or not at all."""
    path = data_dir / name.lower()
    if make and not has_secret(data_dir, name):
        _make_secret(path)
    try:
        return path.read_text().strip()
    except (FileNotFoundError, NotADirectoryError) as error:
        raise _missing(data_dir, path.name) from error


def has_secret(data_dir: Path, name: str) -> bool:
    try:
        return (data_dir / name.lower()).stat().st_size > 0
    except (FileNotFoundError, NotADirectoryError):
        return False


def _make_secret(path: Path) -> None:
    path.unlink(missing_ok=True)
    # of two servers that start at once, the first one's counts, and the other's may be taken for a leftover
    with (
        contextlib.suppress(FileExistsError, FileNotFoundError),
        tempfile.NamedTemporaryFile("w", prefix=f"{path.name}{ASIDE}", dir=path.parent) as file,
    ):
        file.write(generate_key() + "\n")
        file.flush()
        os.fsync(file.fileno())
        os.link(file.name, path)


def _make_folder(data_dir: Path) -> None:
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(f"DATA_DIR {data_dir} cannot be made: {error.strerror or error}") from error


def _missing(data_dir: Path, what: str) -> ConfigError:
    return ConfigError(f"DATA_DIR {data_dir} has no {what}; {program.name()} serve makes one, or set DATABASE_URL")


def _remove_leftovers(data_dir: Path) -> None:
    """Of servers that were killed while they made something."""
    for left in data_dir.glob(f"*{ASIDE}*"):
        if left.is_dir():
            postmaster.kill_makers(left)
            shutil.rmtree(left, ignore_errors=True)
        else:
            left.unlink(missing_ok=True)


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
