"""The product as it is started: a process with a data directory and a port of its own."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Sequence
from contextlib import suppress
from http.client import HTTPException
from pathlib import Path
from urllib.error import HTTPError

import psutil

from tests.ports import free_port

RUN = Path(__file__).parent.parent.parent / "run.py"
START_SECONDS = 60
NO_ANSWER = (OSError, HTTPException)  # nobody listens, or whoever did was killed before the answer had ended


class Product:
    """``run.py``, or another *command* that starts it in *folder*, with a data directory and port of its own."""

    def __init__(
        self, data_dir: Path, command: Sequence[str] = (sys.executable, str(RUN)), folder: Path | None = None
    ) -> None:
        self.data_dir, self.command, self.folder = data_dir, tuple(command), folder
        self.port = free_port()
        inherited = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        self.environ = {**inherited, "AGENT": "off", "DATA_DIR": str(data_dir), "PORT": str(self.port)}
        self.process: subprocess.Popen[str] | None = None
        self.log, self.printed = data_dir.parent / "log", data_dir.parent / "printed"

    def run(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """A command to its end."""
        return subprocess.run(
            [*self.command, *arguments],
            cwd=self.folder,
            env={**self.environ, **variables},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def start(self, **variables: str) -> str:
        """Serve until stopped; gives what was printed before the first answer."""
        self.launch(**variables)
        wait_until(lambda: self.process is None or self.process.poll() is not None or self.ready())
        assert self.process is not None
        assert self.process.poll() is None, self.log.read_text()
        return self.printed.read_text()

    def launch(self, **variables: str) -> subprocess.Popen[str]:
        """Begin to serve, in a process group of its own."""
        with self.log.open("w") as log, self.printed.open("w") as output:
            self.process = subprocess.Popen(
                [*self.command, "serve", "--workers", "2"],
                cwd=self.folder,
                env={**self.environ, **variables},
                stdout=output,
                stderr=log,
                text=True,
                process_group=0,
            )
        return self.process

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        assert self.process is not None
        self.process.send_signal(number)
        return self.process.wait(30)

    def ready(self) -> bool:
        try:
            return self.ask("GET", "/readyz")[0] == 200
        except NO_ANSWER:
            return False

    def ask(self, method: str, path: str, token: str = "", body: object = None) -> tuple[int, str]:
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        url = f"http://127.0.0.1:{self.port}{path}"
        request = urllib.request.Request(url, data, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=10) as response:
                return response.status, response.read().decode()
        except HTTPError as error:
            with error:
                return error.code, error.read().decode()

    def workers(self) -> list[psutil.Process]:
        assert self.process is not None
        children = psutil.Process(self.process.pid).children()
        return [child for child in children if (line := command_line(child)) and "postgres" not in line[0]]

    @property
    def database(self) -> psutil.Process:
        return psutil.Process(int((self.data_dir / "postgres" / "postmaster.pid").read_text().split()[0]))

    @property
    def database_runs(self) -> bool:
        return (self.data_dir / "postgres" / "postmaster.pid").exists()


def kill(pid: int) -> list[psutil.Process]:
    """Kill a process and all below it, some of which may end by themselves meanwhile."""
    with suppress(psutil.NoSuchProcess):
        root = psutil.Process(pid)
        tree = [root, *root.children(recursive=True)]
        for process in tree:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        return tree
    return []


def command_line(process: psutil.Process) -> list[str] | None:
    """None if it has ended, also if nobody has noticed yet."""
    with suppress(psutil.NoSuchProcess):
        if process.status() != psutil.STATUS_ZOMBIE:
            line: list[str] = process.cmdline()
            return line
    return None


def wait_until(so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not so():
        assert time.monotonic() < deadline
        time.sleep(0.02)
