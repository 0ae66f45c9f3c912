"""Cross-references that lead nowhere, in the documents and in what modules say of themselves."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.product.process import RUN
from tests.product.references import PROJECT, TEST, broken, documents, names_a_test, settings

README = PROJECT / "README.md"
MODULES = sorted(path for folder in ("server", "sql") for path in (PROJECT / folder).rglob("*.py"))


@pytest.fixture(scope="module")
def help_text() -> str:
    return subprocess.run([sys.executable, RUN, "--help"], capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("path", documents(), ids=lambda path: str(path.relative_to(PROJECT)))
def test_every_reference_of_a_document_leads_somewhere(path: Path, help_text: str) -> None:
    assert broken(path, path.read_text(), help_text) == []


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("`tests/api/test_nothing.py`", "tests/api/test_nothing.py"),
        ("held by test_nothing.py", "test_nothing.py"),
        ("`server/nowhere/x.py`", "server/nowhere/x.py"),
        ("`serving/nothing.py`", "serving/nothing.py"),
        ("`.docs/nothing.md`", ".docs/nothing.md"),
        ("`.deploy/*.nothing`", ".deploy/*.nothing"),
        ("`nothing.sql` is", "nothing.sql"),
        ("`migrations/9999_nothing.sql`", "migrations/9999_nothing.sql"),
        ("```sh\n.venv/bin/python -m tests.bench nothing\n```", "nothing"),
        ("```sh\n.venv/bin/nothing-of-this-name\n```", "nothing-of-this-name"),
        ("`run.py nothing`", "nothing"),
        ("`/opt/smtp-monitors/bin/smtp-monitors nothing`", "nothing"),
        ("`NO_SUCH_SETTING`", "NO_SUCH_SETTING"),
        ("`NO_SUCH_SETTING_FILE`", "NO_SUCH_SETTING_FILE"),
        ("`PATCH /api/nothing/:id`", "/api/nothing/:id"),
        ("[there](nothing.md)", "nothing.md"),
        ("# Here\n[there](#nothing)", "#nothing"),
        ("[there](README.md#nothing)", "README.md#nothing"),
    ],
)
def test_a_reference_that_leads_nowhere_is_found(text: str, named: str, help_text: str) -> None:
    assert named in broken(README, text, help_text)


@pytest.mark.parametrize(
    "text",
    [
        "`tests/api/test_roles.py`, `server/serving/app.py`, `serving/app.py`, `batches.py`, `.deploy/*.service`",
        "`run.py check HOST`, `smtp-monitors secrets rotate`, `python -m tests.bench patch`, `.venv/bin/pytest`",
        "`DATABASE_URL_FILE`, `X_FILE`, `TEST_DATABASE_URL`, `MY_TOKEN=x run.py`, `$MY_TOKEN`",
        "`GET /api/smtp-monitors/:smtpMonitorPublicId/changes`, `http://127.0.0.1:8080/api/docs`, `.data/`",
        "# Run it\n[here](#run-it), [there](https://example.com/x.md), [and](run.py)",
    ],
)
def test_a_reference_that_leads_somewhere_is_not(text: str, help_text: str) -> None:
    assert broken(README, text, help_text) == []


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PROJECT)))
def test_the_tests_that_a_module_names_are_there(path: Path) -> None:
    assert [name for name in TEST.findall(path.read_text()) if not names_a_test(name)] == []


def test_the_readme_tells_the_settings_that_help_tells(help_text: str) -> None:
    table = README.read_text().partition("\n## Settings\n")[2].partition("\n## ")[0]
    first = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    told = {name for column in first for name in re.findall(r"`([A-Z_]+)`", column)}
    assert len(told) > 15
    assert told == settings(help_text)


def test_the_readme_ends() -> None:
    assert len(README.read_text().splitlines()) <= 190
