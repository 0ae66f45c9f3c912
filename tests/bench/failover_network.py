"""Where the nodes of a cluster are: in network namespaces that can be cut off, or all on 127.0.0.1."""

import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Self

NETWORK = "10.77.0"  # exists in the namespaces alone, of which none has a way out
OWN = "BENCH_OWN_NETWORK"  # set where this program runs in a namespace of its own
TRIAL = "ip link add bridge type bridge && ip link add one type veth peer name two"


@dataclass(frozen=True, slots=True)
class Host:
    """An address, and what has to stand before a command that is to run there. *link* is the wire that can be cut."""

    address: str
    before: tuple[str, ...] = ()
    link: str = ""

    def cut(self) -> None:
        """Nothing passes any more, and nobody is told."""
        _run("ip", "link", "set", self.link, "nomaster")

    def mend(self) -> None:
        _run("ip", "link", "set", self.link, "master", "bridge")


LOOPBACK = Host("127.0.0.1")


def enter(arguments: Sequence[str]) -> None:
    """Begin the benchmark again in a network namespace of its own, where the system allows one."""
    if OWN not in os.environ and _possible():
        command = ["unshare", "--net", sys.executable, "-m", "tests.bench", "failover", *arguments]
        os.execvpe("unshare", command, {**os.environ, OWN: "1"})


@contextlib.contextmanager
def hosts(number: int) -> Iterator[tuple[Host, list[Host]]]:
    """Where everything else runs, and so many hosts for nodes."""
    if OWN not in os.environ:
        yield LOOPBACK, [LOOPBACK] * number
        return
    _run("ip", "link", "set", "lo", "up")
    _run("ip", "link", "add", "bridge", "type", "bridge")
    _run("ip", "address", "add", f"{NETWORK}.1/24", "dev", "bridge")
    _run("ip", "link", "set", "bridge", "up")
    with contextlib.ExitStack() as stack:
        yield Host(f"{NETWORK}.1"), [stack.enter_context(_Namespace(n)).host for n in range(number)]


class _Namespace:
    """A network namespace with one wire to the bridge. It lasts as long as the process that was started in it."""

    def __init__(self, number: int) -> None:
        self._link = f"node{number}"
        self._address = f"{NETWORK}.{number + 2}"

    def __enter__(self) -> Self:
        # it says that it is there, and reads until this process ends
        keeper = ("unshare", "--net", "sh", "-c", "echo; exec cat")
        self._keeper = subprocess.Popen(keeper, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True)
        assert self._keeper.stdout is not None
        self._keeper.stdout.readline()
        pid = str(self._keeper.pid)
        inside = ("nsenter", f"--net=/proc/{pid}/ns/net")
        _run("ip", "link", "add", self._link, "type", "veth", "peer", "name", "wire", "netns", pid)
        _run("ip", "link", "set", self._link, "master", "bridge", "up")
        _run(*inside, "ip", "link", "set", "lo", "up")
        _run(*inside, "ip", "address", "add", f"{self._address}/24", "dev", "wire")
        _run(*inside, "ip", "link", "set", "wire", "up")
        self.host = Host(self._address, inside, self._link)
        return self

    def __exit__(self, *_: object) -> None:
        self._keeper.communicate()


def _possible() -> bool:
    if not all(shutil.which(program) for program in ("unshare", "nsenter", "ip")):
        return False
    return subprocess.run(["unshare", "--net", "sh", "-c", TRIAL], capture_output=True, check=False).returncode == 0


def _run(*command: str) -> None:
    subprocess.run(command, check=True)
