"""Whatever is killed: every monitor is checked in time, no incident opens twice, every alert arrives."""

from pathlib import Path

from tests.product import chaos

SECONDS = 34  # long enough for an outage to begin and end


def test_random_kills_are_survived(tmp_path: Path) -> None:
    findings = chaos.run(tmp_path, SECONDS)
    assert findings.fine, f"{findings}\n{(tmp_path / 'chaos.log').read_text()[-4000:]}"
    assert findings.incidents > 0
    assert findings.alerts == 2 * findings.incidents
