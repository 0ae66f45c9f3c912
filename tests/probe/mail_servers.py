"""SMTP servers from Debian, each with a configuration and spool of its own on 127.0.0.1 and a free port."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.probe.tls_certificates import authority

UNPACKED = Path("/usr/local/lib/smtp-servers/usr/sbin")
START_SECONDS = 20
USER, PASSWORD = "watcher", "s3cret words"


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


def find(name: str) -> str:
    """The program's path; the test is skipped where it is not installed."""
    path = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:{UNPACKED}")
    if os.geteuid() != 0:
        pytest.skip("Debian's SMTP servers start as root only")
    if path is None:
        pytest.skip(f"{name} is not installed; .ci/servers does that")
    return path


@contextlib.contextmanager
def serve(start: Callable[[Place], Sequence[Sequence[str]]], setup: Setup) -> Iterator[int]:
    """Run the programs that *start* names until the end of the context; gives the port."""
    with tempfile.TemporaryDirectory(prefix="smtp-server-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # the servers' own users must get in, which pytest's folders forbid
        yield from _serve(start, folder, setup)


def _serve(start: Callable[[Place], Sequence[Sequence[str]]], folder: Path, setup: Setup) -> Iterator[int]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        place = Place(folder, free.getsockname()[1], setup)
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
        assert time.monotonic() < deadline, output.read_text()
        assert all(process.poll() is None for process in processes), output.read_text()
        time.sleep(0.02)
