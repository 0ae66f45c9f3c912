"""A pair of Patroni switches over under a server: its benchmark's parts, and the shortest run of it."""

import shutil
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from tests.bench.failover_events import Outcome, table
from tests.bench.failover_load import Sample, gap, p99, slowest, window
from tests.missing import missing
from tests.product.process import RUN, wait_until

SAMPLES = [
    Sample(0.0, 0.1, 200),
    Sample(1.0, 1.1, 503),
    Sample(0.5, 3.5, 503),  # sent before, answered after
    Sample(4.0, 4.2, 200),
]
GUARDED = """
import subprocess, sys, time
from pathlib import Path
from tests.bench.guard import guarded
folder = Path(sys.argv[1])
with guarded(folder):
    sleeping = subprocess.Popen(["sleep", "600"], cwd=folder, start_new_session=True)
    print(sleeping.pid, flush=True)
    sleeping.wait()
"""


def test_patches_are_refused_from_when_the_first_was_sent_until_the_last_answer() -> None:
    assert window(SAMPLES, 0.0, 5.0) == (0.5, 3.5)
    assert window(SAMPLES, 0.8, 5.0) == (0.8, 3.5)
    assert window(SAMPLES, 3.6, 5.0) is None


def test_the_database_was_away_for_the_longest_time_without_a_write() -> None:
    written = [(at, row) for row, at in enumerate((1.0, 1.1, 4.0, 4.1))]
    assert gap(written, 0.9, 4.2) == (1.1, 4.0)
    assert gap(written, 1.5, 4.2) == (1.1, 4.0)
    assert gap([], 1.0, 2.0) == (1.0, 2.0)


def test_times_of_answers() -> None:
    assert p99(SAMPLES, 3.6, 5.0) == pytest.approx(200)
    assert slowest(SAMPLES, 0.0, 5.0) == 3.0
    assert (p99(SAMPLES, 5.0, 6.0), slowest(SAMPLES, 5.0, 6.0)) == (0.0, 0.0)


def test_the_table_has_a_row_for_each_kind_of_event() -> None:
    outcomes = [Outcome("cut", n, n + 1, 0.5, 0, 6, 10 * n, 20 * n) for n in (3.0, 1.0, 2.0)]
    assert table(outcomes)[2:] == ["| cut | 3 | 2.0 | 3.0 | 3.0 | 4.0 | 0.5 | 0.0 | 6.0 | 20 | 40 |"]


@pytest.mark.parametrize("stopped", [False, True])
def test_what_a_killed_benchmark_has_started_ends_and_its_folder_goes(tmp_path: Path, stopped: bool) -> None:
    """Also what is stopped, as a node may be in that moment."""
    folder = tmp_path / "cluster"
    folder.mkdir()
    command = [sys.executable, "-c", GUARDED, str(folder)]
    with subprocess.Popen(command, cwd=RUN.parent, stdout=subprocess.PIPE, text=True) as benchmark:
        assert benchmark.stdout is not None
        started = psutil.Process(int(benchmark.stdout.readline()))
        if stopped:
            started.suspend()
        benchmark.kill()
    wait_until(lambda: not folder.exists())
    assert not started.is_running() or started.status() == psutil.STATUS_ZOMBIE


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_switchover_loses_nothing() -> None:
    if shutil.which("patroni") is None or shutil.which("etcd") is None:
        missing("patroni or etcd is missing")
    arguments = ("failover", "--rounds", "1", "--seconds", "1", "--event", "switchover")
    command = [sys.executable, "-m", "tests.bench", *arguments]
    ended = subprocess.run(command, cwd=RUN.parent, capture_output=True, text=True, timeout=240, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr[-4000:]
