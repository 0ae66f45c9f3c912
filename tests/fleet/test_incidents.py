"""When an outage begins and ends: a table of what counts, and what is told of it."""

import pytest

from server.agent.incidents import Decision, Rules, Standing, certificate_occasion, decide

NOTHING, OPEN, CLOSE = Decision.NOTHING, Decision.OPEN, Decision.CLOSE
HALF = Rules(failure_confirmations=2, recovery_confirmations=2, location_share_percent=50)
ANY = Rules(failure_confirmations=1, recovery_confirmations=1, location_share_percent=1)
ALL = Rules(failure_confirmations=3, recovery_confirmations=3, location_share_percent=100)


@pytest.mark.parametrize(
    ("rules", "failures", "decision"),
    [
        (HALF, [0], NOTHING),
        (HALF, [1], NOTHING),
        (HALF, [2], OPEN),
        (HALF, [9], OPEN),
        (HALF, [2, 0], OPEN),
        (HALF, [1, 1], NOTHING),
        (HALF, [2, 0, 0], NOTHING),
        (HALF, [2, 1, 0], NOTHING),
        (HALF, [2, 2, 0], OPEN),
        (ANY, [0, 0, 1], OPEN),
        (ANY, [0, 0, 0], NOTHING),
        (ALL, [3, 3, 2], NOTHING),
        (ALL, [3, 3, 3], OPEN),
    ],
)
def test_what_opens_an_incident(rules: Rules, failures: list[int], decision: Decision) -> None:
    successes = [0 if count else 5 for count in failures]
    assert decide(Standing(failures, successes, incident_open=False), rules) is decision
    for quiet in ({"silent": True}, {"disabled": True}):
        assert decide(Standing(failures, successes, incident_open=False, **quiet), rules) is NOTHING


@pytest.mark.parametrize(
    ("rules", "successes", "decision"),
    [
        (HALF, [0], NOTHING),
        (HALF, [1], NOTHING),
        (HALF, [2], CLOSE),
        (HALF, [2, 0], NOTHING),
        (HALF, [2, 1, 2], CLOSE),
        (HALF, [2, 1, 1], NOTHING),
        (ANY, [1, 1, 0], NOTHING),
        (ANY, [1, 1, 1], CLOSE),
        (ALL, [0, 0, 3], CLOSE),
        (ALL, [2, 2, 2], NOTHING),
    ],
)
def test_what_closes_an_incident(rules: Rules, successes: list[int], decision: Decision) -> None:
    failures = [0 if count else 5 for count in successes]
    assert decide(Standing(failures, successes, incident_open=True), rules) is decision
    assert decide(Standing(failures, successes, incident_open=True, silent=True), rules) is decision


def test_a_failure_while_recovering_neither_closes_nor_opens() -> None:
    state = {"failures": 2, "successes": 0}
    seen = [decide(Standing([state["failures"]], [state["successes"]], incident_open=False), HALF)]
    for verdict in "SFSFSS":
        state = {
            "failures": state["failures"] + 1 if verdict == "F" else 0,
            "successes": state["successes"] + 1 if verdict == "S" else 0,
        }
        seen.append(decide(Standing([state["failures"]], [state["successes"]], incident_open=True), HALF))
    assert seen == [OPEN, NOTHING, NOTHING, NOTHING, NOTHING, NOTHING, CLOSE]


def test_a_certificate_is_told_of_again_only_below_the_next_threshold() -> None:
    occasions = [certificate_occasion("ab:cd", days) for days in range(20, -3, -1)]
    assert list(dict.fromkeys(occasion.rpartition(":")[2] for occasion in occasions)) == ["30", "14", "7", "3", "1"]
    assert certificate_occasion("other", 20) != certificate_occasion("ab:cd", 20)
