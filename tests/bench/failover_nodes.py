"""An etcd and two nodes of Patroni, of which one leads and the other has everything that was committed."""

import contextlib
import json
import shutil
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from http.client import HTTPException
from pathlib import Path
from typing import Any

import psutil

from tests.bench import database
from tests.bench.failover_network import NETWORK, Host
from tests.bench.failover_processes import give_away, start
from tests.bench.unusable import UnusableError
from tests.ports import free_port

PATIENCE = 120.0  # seconds for a cluster to be whole again
# Patroni's smallest time to live: a leader that says nothing for so long has lost its place
TTL, LOOP_WAIT, RETRY_TIMEOUT = 20, 2, 5
DYNAMIC = {
    "ttl": TTL,
    "loop_wait": LOOP_WAIT,
    "retry_timeout": RETRY_TIMEOUT,
    # Only a node that has everything may lead. Not strict: of two nodes, the one that is left would refuse all writes
    # for as long as the other is away. The one that comes back may not lead before it has caught up, so what was
    # acknowledged meanwhile is lost only with the disk of the one that was left.
    "synchronous_mode": True,
    "synchronous_mode_strict": False,
    "postgresql": {
        "use_pg_rewind": True,
        "use_slots": True,
        "parameters": {"max_connections": 200, "shared_buffers": "256MB", "max_wal_size": "2GB"},
    },
}
INSTALL = "apt-get install patroni python3-etcd etcd-server"
NO_ANSWER = (OSError, HTTPException)


def require() -> None:
    for program in ("patroni", "etcd"):
        if shutil.which(program) is None:
            raise UnusableError(f"{program} is missing; install it with: {INSTALL}")


class Node:
    """Patroni, and the PostgreSQL that it starts, on *host*."""

    def __init__(self, name: str, folder: Path, host: Host, etcd: str) -> None:
        self.name, self.host = name, host
        self.port, self._rest = free_port(), free_port()
        self._folder, self._data = folder, folder / name
        self._settings = folder / f"{name}.json"  # which is YAML, too
        self._settings.write_text(json.dumps(self._configured(etcd)))
        self._patroni: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        program = str(shutil.which("patroni"))
        self._patroni = start(self._folder, self.name, self.host, [program, str(self._settings)])

    def answers(self, path: str) -> bool:
        """Whether Patroni says yes."""
        assert self._patroni is not None
        if self._patroni.poll() is not None:
            raise UnusableError(f"patroni has ended:\n{(self._folder / f'{self.name}.log').read_text()[-2000:]}")
        with contextlib.suppress(*NO_ANSWER):
            return self._ask(path, timeout=2)
        return False

    def switch_to(self, other: "Node") -> None:
        self._ask("switchover", {"leader": self.name, "candidate": other.name}, timeout=PATIENCE)

    def kill_postmaster(self) -> None:
        self._postmaster().kill()

    def kill(self) -> None:
        for process in self._processes():
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        assert self._patroni is not None
        self._patroni.wait()

    def suspend(self) -> None:
        for process in self._processes():
            with contextlib.suppress(psutil.NoSuchProcess):
                process.suspend()

    def resume(self) -> None:
        for process in self._processes():
            with contextlib.suppress(psutil.NoSuchProcess):
                process.resume()

    def _processes(self) -> Iterator[psutil.Process]:
        """From the top down, so that one which was stopped or killed starts no others."""
        assert self._patroni is not None
        yield psutil.Process(self._patroni.pid)
        with contextlib.suppress(OSError, psutil.NoSuchProcess):
            postmaster = self._postmaster()
            yield postmaster
            yield from postmaster.children(recursive=True)

    def _postmaster(self) -> psutil.Process:
        return psutil.Process(int((self._data / "postmaster.pid").read_text().split()[0]))

    def _ask(self, path: str, body: object = None, *, timeout: float) -> bool:
        data = None if body is None else json.dumps(body).encode()
        url = f"http://{self.host.address}:{self._rest}/{path}"
        with urllib.request.urlopen(url, data, timeout=timeout) as response:
            return bool(response.status == 200)

    def _configured(self, etcd: str) -> dict[str, Any]:
        address, rest = f"{self.host.address}:{self.port}", f"{self.host.address}:{self._rest}"
        accounts = {"superuser": "postgres", "replication": "replicator", "rewind": "postgres"}
        networks = ("127.0.0.0/8", f"{NETWORK}.0/24")
        return {
            "scope": "failover",
            "name": self.name,
            "restapi": {"listen": rest, "connect_address": rest},
            "etcd3": {"host": etcd},
            "bootstrap": {"dcs": DYNAMIC, "initdb": [{"auth": "trust"}, {"encoding": "UTF8"}, "data-checksums"]},
            "postgresql": {
                "listen": address,
                "connect_address": address,
                "data_dir": str(self._data),
                "bin_dir": str(Path(database.program("postgres")).parent),
                "pgpass": str(self._folder / f"{self.name}.pgpass"),
                # a node that cannot be rewound is copied again
                "remove_data_directory_on_rewind_failure": True,
                "remove_data_directory_on_diverged_timelines": True,
                "authentication": {kind: {"username": name} for kind, name in accounts.items()},
                "parameters": {"unix_socket_directories": str(self._folder)},
                "pg_hba": [
                    "local all all trust",
                    *(f"host {what} all {network} trust" for what in ("all", "replication") for network in networks),
                ],
            },
        }


class Cluster:
    """One etcd, two nodes. Everything is in *folder*, and ends with its guard."""

    def __init__(self, folder: Path, center: Host, places: Sequence[Host]) -> None:
        self._folder, self._center = folder, center
        self._port, self._peer_port = free_port(), free_port()
        etcd = f"{center.address}:{self._port}"
        self.nodes = [Node(name, folder, host, etcd) for name, host in zip(("one", "two"), places, strict=True)]

    def start(self) -> None:
        give_away(self._folder)
        self._start_etcd()
        first, second = self.nodes
        first.start()
        self._wait(lambda: first.answers("primary"))
        second.start()
        self.wait_until_whole()

    def url(self, user: str, name: str, nodes: Sequence[Node] = ()) -> str:
        """Of the nodes, or of all."""
        hosts = ",".join(f"{node.host.address}:{node.port}" for node in nodes or self.nodes)
        return f"postgresql://{user}@{hosts}/{name}"

    def wait_until_whole(self) -> None:
        """One leads, and the other has all that it commits."""
        self._wait(lambda: any(one.answers("primary") and other.answers("sync") for one, other in self._pairs()))

    def leading(self) -> tuple[Node, Node]:
        """The leader, and the other."""
        for one, other in self._pairs():
            if one.answers("primary"):
                return one, other
        raise UnusableError("nobody leads")

    def _pairs(self) -> list[tuple[Node, Node]]:
        first, second = self.nodes
        return [(first, second), (second, first)]

    def _start_etcd(self) -> None:
        urls = [f"http://{self._center.address}:{port}" for port in (self._port, self._peer_port)]
        options = {
            "name": "etcd",
            "data-dir": str(self._folder / "etcd"),
            "listen-client-urls": urls[0],
            "advertise-client-urls": urls[0],
            "listen-peer-urls": urls[1],
            "initial-advertise-peer-urls": urls[1],
            "initial-cluster": f"etcd={urls[1]}",
        }
        arguments = [f"--{name}={value}" for name, value in options.items()]
        start(self._folder, "etcd", self._center, [str(shutil.which("etcd")), *arguments])

    def _wait(self, so: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE
        while not so():
            if time.monotonic() > deadline:
                logs = "\n".join(path.read_text()[-2000:] for path in sorted(self._folder.glob("*.log")))
                raise UnusableError(f"the cluster is not whole after {PATIENCE:.0f} s\n{logs}")
            time.sleep(0.1)
