"""wrk, the load generator."""

import json
import os
import random
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.bench.servers import Server
from tests.bench.unusable import UnusableError

SCRIPT = Path(__file__).parent / "requests.lua"
TIMEOUT_SECONDS = 5  # an answer that takes longer is an error


@dataclass(frozen=True, slots=True)
class Load:
    """What wrk saw. *p50* and *p99* are in milliseconds; *errors* by kind: of sockets, or wrong statuses."""

    requests_per_second: float
    p50: float
    p99: float
    errors: dict[str, int]


def require() -> None:
    if shutil.which("wrk") is None:
        raise UnusableError("wrk is missing; install it with: apt-get install wrk")


def run(server: Server, *, connections: int, seconds: int, mode: str = "patch") -> Load:
    """Put it under load: *mode* is ``patch``, ``mixed``, ``pages``, ``statuses`` or a path, as the script explains."""
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", f"{TIMEOUT_SECONDS}s", "-s", str(SCRIPT)]
    environ = {
        "PATH": os.environ["PATH"],
        "TOKENS": ",".join(server.database.tokens),
        "MONITORS": str(server.database.monitors),
        "SEED": str(random.randrange(2**31)),
        "MODE": mode,
    }
    limit = seconds + 3 * TIMEOUT_SECONDS
    ended = subprocess.run(
        [*command, server.url], env=environ, capture_output=True, text=True, timeout=limit, check=False
    )
    if ended.returncode != 0:
        raise UnusableError(f"wrk failed against {server.name}: {ended.stderr.strip()}")
    line = json.loads(ended.stdout.strip().splitlines()[-1])
    return Load(line["requests"] / line["seconds"], line["p50"], line["p99"], line["errors"])
