"""SMTP servers from Debian, each with a configuration and spool of its own on 127.0.0.1 and a free port."""

import contextlib
import functools
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.missing import missing
from tests.ports import free_port
from tests.probe.tls_certificates import authority

UNPACKED = Path("/usr/local/lib/smtp-servers/usr/sbin")
START_SECONDS = 20
GREETING_SECONDS = 20
USER, PASSWORD = "watcher", "s3cret words"


class UnusableServerError(Exception):
    """Why a server cannot be used here: it is not installed, or does not start, or does not greet."""


@dataclass(frozen=True)
class Setup:
    """*certificate* is a kind of tests.probe.tls_certificates, None is no TLS; *secure* is TLS from the first byte."""

    certificate: str | None = None
    secure: bool = False
    auth: bool = False


@dataclass(frozen=True)
class Place:
    """Where a server lives: its folder, its port, and the files of its certificate."""

    folder: Path
    port: int
    setup: Setup

    @property
    def certificate(self) -> Path:
        return self.folder / f"{self.setup.certificate}.crt"

    @property
    def key(self) -> Path:
        return self.folder / f"{self.setup.certificate}.key"

    def write(self, name: str, *lines: str) -> Path:
        path = self.folder / name
        path.write_text("".join(f"{line}\n" for line in lines))
        return path

    def make(self, *names: str) -> None:
        for name in names:
            (self.folder / name).mkdir(exist_ok=True)


# the commands of a server that keeps to a place
Start = Callable[[Place], Sequence[Sequence[str]]]


def find(name: str) -> str:
    """The program's path."""
    path = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:{UNPACKED}")
    if os.geteuid() != 0:
        raise UnusableServerError("Debian's SMTP servers start as root only")
    if path is None:
        raise UnusableServerError(f"{name} is not installed; .ci/servers does that")
    return path


class Servers:
    """Servers of some kinds, each started once for each setup, until the end of the context."""

    def __init__(self, kinds: Mapping[str, Start]) -> None:
        self._kinds = kinds
        self._running = contextlib.ExitStack()
        self.port = functools.cache(self._port)
        self._usable = functools.cache(self._why_unusable)

    def __enter__(self) -> "Servers":
        return self

    def __exit__(self, *_: object) -> None:
        self._running.close()

    def require(self, kind: str) -> None:
        """End the test if a server of that kind cannot be used here."""
        if reason := self._usable(kind):
            missing(reason)

    def _port(self, kind: str, setup: Setup) -> int:
        return self._running.enter_context(serve(self._kinds[kind], setup))

    def _why_unusable(self, kind: str) -> str | None:
        """The simplest setup is tried: it has to start and greet."""
        try:
            _greet(self.port(kind, Setup()))
        except (UnusableServerError, OSError, LookupError) as error:  # LookupError: a user of the package is missing
            return f"{kind} cannot be used here: {error}"
        return None


def _greet(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), GREETING_SECONDS) as connection, connection.makefile() as lines:
        greeting = lines.readline()
    if not greeting.startswith("220"):
        raise UnusableServerError(f"its greeting is {greeting!r}")


@contextlib.contextmanager
def serve(start: Start, setup: Setup) -> Iterator[int]:
    """Run the programs that *start* names until the end of the context; gives the port."""
    with tempfile.TemporaryDirectory(prefix="smtp-server-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # the servers' own users must get in, which pytest's folders forbid
        yield from _serve(start, folder, setup)


def _serve(start: Start, folder: Path, setup: Setup) -> Iterator[int]:
    place = Place(folder, free_port(), setup)
    if setup.certificate is not None:
        certificate, key = authority().write(setup.certificate, folder)
        key.chmod(0o600)
        assert certificate.exists()
    with contextlib.ExitStack() as running:
        processes = [running.enter_context(_run(command, folder / "output")) for command in start(place)]
        _wait_for(place.port, processes, folder / "output")
        yield place.port


@contextlib.contextmanager
def _run(command: Sequence[str], output: Path) -> Iterator[subprocess.Popen[bytes]]:
    with output.open("a") as file:
        process = subprocess.Popen(command, stdout=file, stderr=file, stdin=subprocess.DEVNULL, start_new_session=True)
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(10)


def _wait_for(port: int, processes: Sequence[subprocess.Popen[bytes]], output: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        with socket.socket() as connection:
            if connection.connect_ex(("127.0.0.1", port)) == 0:
                return
        if time.monotonic() > deadline or any(process.poll() is not None for process in processes):
            raise UnusableServerError(f"it does not start: {output.read_text().strip() or 'it says nothing'}")
        time.sleep(0.02)
