"""The document says what the server does: the same routes, the same bounds, the same answers."""

import asyncio
import os
import re
import sys
from asyncio.subprocess import PIPE, STDOUT
from pathlib import Path
from typing import Any

import pytest

from server.openapi.document import describe
from server.serving.routes import PUBLIC, ROUTES
from tests.conftest import Api
from tests.fleet.engine import stationed

CONFIG = Path(__file__).parent / "schemathesis.toml"
ALL = "examples,coverage,fuzzing,stateful"
EXAMPLES = os.environ.get("SCHEMATHESIS_EXAMPLES", "10")  # of fuzzing, for each operation
SECONDS = os.environ.get("SCHEMATHESIS_SECONDS", "300")


def operations() -> dict[tuple[str, str], dict[str, Any]]:
    paths = describe()["paths"].items()
    return {(method.upper(), path): operation for path, methods in paths for method, operation in methods.items()}


def test_the_routes_and_the_document_are_the_same_set() -> None:
    routed = {(route.method, re.sub(r"\{(\w+):[^}]*\}", r"{\1}", route.path)) for route in ROUTES}
    assert set(operations()) == routed


def test_the_document_knows_which_operations_need_no_caller() -> None:
    for route in ROUTES:
        operation = operations()[route.method, re.sub(r"\{(\w+):[^}]*\}", r"{\1}", route.path)]
        assert ("security" in operation) == (route.handler in PUBLIC), route
        assert ("401" in operation["responses"]) == (route.handler not in PUBLIC or route.path == "/api/sessions")


def test_every_reference_leads_somewhere_and_every_operation_has_its_own_name() -> None:
    whole = describe()

    def follow(part: object) -> None:
        if isinstance(part, dict):
            if isinstance(to := part.get("$ref"), str):
                found: Any = whole
                for step in to.removeprefix("#/").split("/"):
                    found = found[step]
            for below in part.values():
                follow(below)
        elif isinstance(part, list):
            for below in part:
                follow(below)

    follow(whole)
    names = [operation["operationId"] for operation in operations().values()]
    assert len(names) == len(set(names))


async def test_the_document_and_its_page_are_for_everybody(api: Api) -> None:
    response = await api.call("GET", "/api/openapi.json", None)
    assert response.status == 200
    assert await response.json() == describe()


@pytest.mark.parametrize(
    ("file", "content_type"), [("swagger-ui-bundle.js", "text/javascript"), ("swagger-ui.css", "text/css")]
)
async def test_the_page_is_made_of_files_that_are_served_here(api: Api, file: str, content_type: str) -> None:
    page = await api.call("GET", "/api/docs", None)
    assert (page.status, page.content_type) == (200, "text/html")
    policy = page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    html = await page.text()
    assert "//" not in html
    assert f"docs/{file}" in html
    response = await api.call("GET", f"/api/docs/{file}", None)
    assert (response.status, response.content_type) == (200, content_type)


@pytest.mark.parametrize("file", ["absent.js", "..%2f..%2fpage.py", "page.py", "core.py", ""])
async def test_the_page_gives_no_other_file(api: Api, file: str) -> None:
    assert (await api.call("GET", f"/api/docs/{file}", None)).status == 404


@pytest.mark.slow
@pytest.mark.timeout(int(SECONDS))
@pytest.mark.parametrize(("global_role", "phases"), [("admin", ALL), ("", "examples,fuzzing,stateful")])
async def test_schemathesis_finds_nothing(api: Api, global_role: str, phases: str, tmp_path: Path) -> None:
    """All its checks, as a global admin and as an administrator of one organization; prints how many cases."""
    async with stationed(api.db, "de-nbg"):
        printed, status = await run_schemathesis(api, global_role, phases, tmp_path)
    assert status == 0, printed
    cases = re.search("([0-9]+) generated, ([0-9]+) passed.*", printed)
    assert cases is not None, printed
    print(f"schemathesis as {global_role and 'global '}admin: {cases[0]}")
    assert int(cases[1]) > 100


async def run_schemathesis(api: Api, global_role: str, phases: str, folder: Path) -> tuple[str, int | None]:
    environment = {
        **os.environ,
        "PYTHONPATH": str(CONFIG.parent.parent.parent),
        "SCHEMATHESIS_HOOKS": "tests.api.schemathesis_hooks",
        "TEST_DATABASE": api.config.database_url,
        "TEST_SECRET": api.config.jwt_secret,
        "TEST_GLOBAL_ROLE": global_role,
    }
    program = str(Path(sys.executable).parent / "schemathesis")
    url = str(api.client.make_url("/api/openapi.json"))
    options = ["--checks", "all", "--phases", phases, "--max-examples", EXAMPLES]
    process = await asyncio.create_subprocess_exec(
        program, "--config-file", CONFIG, "run", url, *options, cwd=folder, env=environment, stdout=PIPE, stderr=STDOUT
    )
    printed = (await process.communicate())[0].decode()
    return printed, process.returncode
