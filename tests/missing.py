"""What a test needs and this machine may not have: a server of Debian that only ``.ci/servers`` installs."""

import os
from typing import NoReturn

import pytest

# set by .ci/run where everything has been installed
EXPECTED = "SERVERS_EXPECTED"


def missing(reason: str) -> NoReturn:
    """Skip the test; fail it where nothing may be missing."""
    if os.environ.get(EXPECTED):
        pytest.fail(f"{EXPECTED} is set, but {reason}")
    pytest.skip(reason)
