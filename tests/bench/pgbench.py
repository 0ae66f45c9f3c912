"""pgbench: the UPDATE of one row without a server around it, on the lean table and on ours."""

import re
import subprocess
from pathlib import Path

from sql.smtp_monitor_updates import COLUMNS
from tests.bench.database import FIRST, PUBLIC_ID, Database, program
from tests.bench.report import Row
from tests.bench.unusable import UnusableError

CLIENTS = (8, 32, 64)
THREADS = 2
LEAN = "pgbench, lean table"
OURS = "pgbench, our table"
CHANGED = "name = 'Monitor ' || :n, port = :p, updated_at = clock_timestamp()"
STATEMENTS = {
    LEAN: f"""
        UPDATE smtp_monitors
           SET {CHANGED}
         WHERE organization_id = {{organization_id}}
           AND public_id = ('{PUBLIC_ID}' || :n)::uuid
        RETURNING *
    """,
    OURS: f"""
        UPDATE smtp_monitors m
           SET {CHANGED}, version = m.version + 1
         WHERE m.organization_id = {{organization_id}}
           AND m.public_id = ('{PUBLIC_ID}' || :n)::uuid
        RETURNING {COLUMNS}
    """,
}


def script(name: str, database: Database) -> str:
    update = STATEMENTS[name].format(organization_id=database.organization_id)
    # pgbench reads a statement from one line
    return (
        f"\\set n random({FIRST}, {FIRST + database.monitors - 1})\n"
        f"\\set p random(1, 65535)\n{' '.join(update.split())};\n"
    )


def run(name: str, database: Database, folder: Path, *, seconds: int) -> list[Row]:
    """Transactions a second of the statement *name*, for each number of clients."""
    file = folder / f"{name}.sql"
    file.write_text(script(name, database))
    return [Row(name, clients, _run(database, file, clients, seconds)) for clients in CLIENTS]


def _run(database: Database, file: Path, clients: int, seconds: int) -> float:
    command = [program("pgbench"), "-n", "-M", "prepared", "-j", str(THREADS), "-c", str(clients), "-T", str(seconds)]
    ended = subprocess.run(
        [*command, "-f", str(file), database.url], capture_output=True, text=True, timeout=seconds + 30, check=False
    )
    tps = re.search(r"^tps = ([0-9.]+)", ended.stdout, re.MULTILINE)
    if ended.returncode != 0 or tps is None:
        raise UnusableError(f"pgbench failed: {ended.stderr.strip()}")
    return float(tps[1])
