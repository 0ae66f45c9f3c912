"""The benchmark's own words and sums; what it measures is measured by hand."""

import json
import subprocess
import sys

import asyncpg
import pytest

from tests.bench import patch, pgbench, report
from tests.bench.database import Database
from tests.bench.report import Bar, Row
from tests.product.process import RUN

ROWS = [
    Row("this server", 256, 20_000, p50=12, p99=30),
    Row("changes not kept", 256, 21_000),
    Row("FastAPI + asyncpg", 256, 2_000),
    Row("FastAPI + SQLAlchemy", 256, 1_000),
    Row("plain aiohttp, no work", 256, 25_000),
    Row("this server", 64, 14_000),
    Row("FastAPI + asyncpg", 64, 2_000),
    Row("this server", 1, 1_500, p50=0.6, p99=2),
    Row("FastAPI + asyncpg", 1, 800, p50=1.2, p99=3),
    Row("pgbench, lean table", 8, 10_000),
    Row("pgbench, lean table", 64, 16_000),
    Row("pgbench, our table", 64, 30_000),
]


def bench(*arguments: str, path: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tests.bench", *arguments]
    return subprocess.run(
        command, cwd=RUN.parent, env={"PATH": path}, capture_output=True, text=True, timeout=60, check=False
    )


@pytest.mark.parametrize("name", ["patch", "scale", "mixed", "connections"])
def test_says_in_one_line_that_wrk_is_missing(name: str) -> None:
    ended = bench(name, path="/nonexistent")
    assert ended.returncode == 2
    assert ended.stderr == "bench: wrk is missing; install it with: apt-get install wrk\n"


def test_says_in_one_line_that_patroni_is_missing() -> None:
    ended = bench("failover", path="/nonexistent")
    assert ended.returncode == 2
    install = "apt-get install patroni python3-etcd etcd-server"
    assert ended.stderr == f"bench: patroni is missing; install it with: {install}\n"


def test_lists_the_benchmarks() -> None:
    ended = bench("unknown", path="/nonexistent")
    assert ended.returncode == 2
    assert "connections" in ended.stderr


def test_a_row_is_the_median_of_its_rounds_and_the_sum_of_their_errors() -> None:
    rounds = [Row("a", 1, rate, errors=1, p50=rate) for rate in (5, 1, 3)]
    assert report.medians([*rounds, Row("b", 1, 7)]) == [Row("a", 1, 3, errors=3, p50=3), Row("b", 1, 7)]


def test_the_bars_of_patch() -> None:
    bars = patch.bars(ROWS)
    assert [(round(bar.value, 2), bar.holds) for bar in bars] == [
        (1.25, True),
        (10, True),
        (7, False),
        (20, True),
        (0.8, True),
        (0.95, True),
        (0.5, False),
    ]


def test_the_same_is_told_as_table_and_as_json(postgres: str, capsys: pytest.CaptureFixture[str]) -> None:
    rows, bars = [Row("this server", 256, 12345.6, p50=1.234)], [Bar("speed", 0.5, 1)]
    assert report.emit(rows, bars, postgres_url=postgres, as_json=False) == 1
    text = capsys.readouterr().out
    assert "| this server | 256 | 12,346 | 1.23 | – | 0 | – | – |" in text
    assert "MISSED speed: 0.50 (≥ 1)" in text
    assert report.emit(rows, [], postgres_url=postgres, as_json=True) == 0
    assert json.loads(capsys.readouterr().out)["table"][0]["requests_per_second"] == 12345.6


async def test_pgbench_updates_as_the_server_does(db: asyncpg.Connection) -> None:
    database = Database("", ("",), "", "", organization_id=1, monitors=1)
    number, port, update = pgbench.script(pgbench.OURS, database).splitlines()
    assert (number, port) == ("\\set n random(100000000000, 100000000000)", "\\set p random(1, 65535)")
    row = await db.fetchrow(update.replace(":n", "333333333333").replace(":p", "25"))
    assert row is not None
    assert (row["name"], row["port"], row["version"]) == ("Monitor 333333333333", 25, 2)
    assert row["updated_at"] > row["created_at"]
