"""Whatever is killed: every monitor is checked in time, no incident opens twice, every alert arrives."""

import random
from pathlib import Path

import pytest

from tests.product import chaos

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

SECONDS = 34  # long enough for an outage to begin and end


def test_random_kills_are_survived(tmp_path: Path) -> None:
    seed = random.randrange(2**32)
    findings = chaos.run(tmp_path, SECONDS, seed=seed)
    assert findings.fine, f"seed {seed}: {findings}\n{(tmp_path / 'chaos.log').read_text()[-4000:]}"
    assert findings.incidents > 0
    assert findings.alerts == 2 * findings.incidents
