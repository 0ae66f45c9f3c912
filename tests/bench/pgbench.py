"""pgbench: the server's UPDATE of one row, without a server around it."""

import re
import subprocess
from pathlib import Path

from sql.smtp_monitor_updates import COLUMNS
from tests.bench.database import FIRST, PUBLIC_ID, Database, program
from tests.bench.unusable import UnusableError

CLIENTS = (8, 32, 64)
THREADS = 2


def script(database: Database) -> str:
    update = f"""
        UPDATE smtp_monitors m
           SET name = 'Monitor ' || :n, version = m.version + 1, updated_at = clock_timestamp()
         WHERE m.organization_id = {database.organization_id}
           AND m.public_id = ('{PUBLIC_ID}' || :n)::uuid
        RETURNING {COLUMNS}
    """
    # pgbench reads a statement from one line
    return f"\\set n random({FIRST}, {FIRST + database.monitors - 1})\n{' '.join(update.split())};\n"


def run(database: Database, folder: Path, *, seconds: int) -> dict[int, float]:
    """Transactions a second, by number of clients."""
    file = folder / "update.sql"
    file.write_text(script(database))
    return {clients: _run(database, file, clients, seconds) for clients in CLIENTS}


def _run(database: Database, file: Path, clients: int, seconds: int) -> float:
    command = [program("pgbench"), "-n", "-M", "prepared", "-j", str(THREADS), "-c", str(clients), "-T", str(seconds)]
    ended = subprocess.run(
        [*command, "-f", str(file), database.url], capture_output=True, text=True, timeout=seconds + 30, check=False
    )
    tps = re.search(r"^tps = ([0-9.]+)", ended.stdout, re.MULTILINE)
    if ended.returncode != 0 or tps is None:
        raise UnusableError(f"pgbench failed: {ended.stderr.strip()}")
    return float(tps[1])
