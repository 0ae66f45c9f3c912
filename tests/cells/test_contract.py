"""What the API promises, it promises in every cell: the same tests, with everything in cell 1."""

import subprocess
import sys
from pathlib import Path

import pytest

API = Path(__file__).parent.parent / "api"
CONTRACT = (
    *("source", "patch_smtp_monitor", "patch_rules", "patch_many", "if_match", "prefer", "smtp_config", "unknown_keys"),
    *("roles", "concurrency", "idempotency", "changes", "smtp_monitors", "lists", "cursors", "search", "details"),
    *("hostile", "errors", "fresh_passwords", "passwords", "two_factor", "maintenance_windows", "customers"),
)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_contract_holds_in_a_second_cell() -> None:
    files = [str(API / f"test_{name}.py") for name in CONTRACT]
    command = [sys.executable, "-m", "pytest", "-q", "-n", "2", "--second-cell", *files]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=540, check=False)
    assert ended.returncode == 0, ended.stdout[-5000:]
