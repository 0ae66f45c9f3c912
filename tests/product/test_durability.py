"""What was acknowledged is there, whatever is killed under load."""

import random

import pytest

from tests.product.kills import Kills
from tests.product.process import Product

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

KILLS = 21
SECONDS = 300


def test_nothing_acknowledged_is_lost(product: Product) -> None:
    seed = random.randrange(2**32)
    findings = Kills(product, random.Random(seed)).run(KILLS, SECONDS, tell=print)
    assert not findings.wrong, f"seed {seed}: {findings}"
    assert sum(findings.kills.values()) == KILLS
    assert findings.patches > KILLS
