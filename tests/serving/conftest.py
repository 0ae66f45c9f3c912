"""What tests of events share."""

import pytest

from server.access import listeners, tail


@pytest.fixture
def quick_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Changes, and who may listen no longer, are looked for often, so that tests wait less."""
    monkeypatch.setattr(tail, "EVERY_SECONDS", 0.05)
    monkeypatch.setattr(listeners, "LOOK_SECONDS", 0.05)
