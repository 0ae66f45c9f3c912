"""A PATCH goes from its socket to its row and back through few files and functions, counted while it runs."""

import sys
import time
from pathlib import Path
from types import CodeType, FrameType

import pytest

import server
from server.handlers.keys import CELLS
from server.http.traces import traces
from tests.api.test_source import BODY as REFERENCE
from tests.conftest import Api, becomes

PROJECT = Path(server.__file__).parent.parent
MOST_FILES, MOST_FUNCTIONS = 16, 60


@pytest.mark.parametrize(
    "body", [{"status": "disabled"}, {"name": "x", "port": 25}, REFERENCE], ids=["one", "two", "all"]
)
async def test_a_patch_passes_through_few_files_and_functions(api: Api, body: dict[str, object]) -> None:
    await becomes(True, lambda: _listening(api))
    assert (await api.patch(body)).status == 200  # what is made once is made by now
    await becomes(0, lambda: _pending(api))  # what is told ten times a second is no part of one PATCH
    seen: set[CodeType] = set()

    def note(frame: FrameType, event: str, _: object) -> None:
        if event == "call" and Path(frame.f_code.co_filename).is_relative_to(PROJECT):
            seen.add(frame.f_code)

    sys.setprofile(note)
    response = await api.patch(body)
    sys.setprofile(None)
    assert response.status == 200
    ours = {code for code in seen if Path(code.co_filename).relative_to(PROJECT).parts[0] in ("server", "sql")}
    ours = {code for code in ours if not code.co_filename.endswith("sql/listener.py")}  # it listens meanwhile
    files = {code.co_filename for code in ours}
    listed = sorted(f"{Path(code.co_filename).relative_to(PROJECT)} {code.co_qualname}" for code in ours)
    assert len(files) <= MOST_FILES, "\n".join(listed)
    assert len(ours) <= MOST_FUNCTIONS, "\n".join(listed)


async def _listening(api: Api) -> bool:
    """Whether callers are remembered: a worker that has just started asks the database each time."""
    assert api.client.app is not None
    return time.monotonic() < api.client.app[CELLS].home.listener.trusted_until


async def _pending(api: Api) -> int:
    """How many requests and patches the metrics are still to be told of."""
    assert api.client.app is not None
    return len(traces._left) + api.client.app[CELLS].home.patches._alone
