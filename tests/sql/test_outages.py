"""A database that is away is told of once, then once a minute, and once when it is back."""

from pathlib import Path

import pytest

from sql.outages import CELL, Outages


class Time:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def outage(time: Time) -> Outages:
    return Outages(time)


def test_loops_that_fail_together_are_one_outage(outage: Outages, time: Time, caplog: pytest.LogCaptureFixture) -> None:
    outage.passed("GET /", ConnectionRefusedError("refused"))
    for second in range(150):
        time.now = second
        outage.failed("listening", ConnectionRefusedError("refused"))
        outage.failed("claiming", TimeoutError())
        outage.passed("GET /", TimeoutError())
    outage.worked("claiming")
    outage.worked("listening")
    outage.worked("listening")
    assert caplog.messages == [
        "database unavailable: GET /: refused",
        *["database unavailable: listening: refused"] * 2,
        "database available again after 149 s",
    ]


def test_another_outage_is_told_of_at_once(outage: Outages, time: Time, caplog: pytest.LogCaptureFixture) -> None:
    for second in (1, 2):
        time.now = second
        outage.failed("listening", TimeoutError())
        outage.worked("listening")
    assert len(caplog.messages) == 4


def test_processes_that_share_a_file_tell_as_one(
    outage: Outages, time: Time, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    other = Outages(time)
    for each in (outage, other):
        each.share(tmp_path / "outage")
    for second in range(1, 70):
        time.now = second
        outage.failed("listening", TimeoutError("one"))
        other.failed("claiming", TimeoutError("other"))
    outage.worked("listening")
    time.now += 1
    other.failed("claiming", TimeoutError("other is late"))
    other.worked("claiming")
    outage.failed("listening", TimeoutError("one"))
    assert caplog.messages == [
        "database unavailable: listening: one",
        "database unavailable: listening: one",
        "database available again after 68 s",
        "database unavailable: listening: one",
    ]


def test_each_of_several_cells_has_outages_of_its_own(
    outage: Outages, time: Time, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    outage.share(tmp_path / "outage")
    outage.several_cells = True
    for second in range(3):
        time.now = second
        for cell in (0, 1, 255):
            CELL.set(cell)
            if cell == 0:
                outage.worked("claiming")
            else:
                outage.failed("claiming", TimeoutError())
    outage.worked("claiming")
    outage.failed("claiming", ZeroDivisionError())
    CELL.set(1)
    outage.forget()
    outage.failed("claiming", TimeoutError())
    assert caplog.messages == [
        "database of cell 1 unavailable: claiming: TimeoutError",
        "database of cell 255 unavailable: claiming: TimeoutError",
        "database of cell 255 available again after 2 s",
        "claiming of cell 255 failed, and is tried again",
        "database of cell 1 unavailable: claiming: TimeoutError",
    ]
    CELL.set(0)


def test_requests_alone_are_told_of_once_a_minute(
    outage: Outages, time: Time, caplog: pytest.LogCaptureFixture
) -> None:
    for second in range(90):
        time.now = second
        outage.passed(f"GET /{second}", TimeoutError())
    assert caplog.messages == [
        "database unavailable: GET /0: TimeoutError",
        "database unavailable: GET /60: TimeoutError",
    ]
