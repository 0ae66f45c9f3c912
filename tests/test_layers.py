"""Who may know what: read from the imports and the texts of the source itself."""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

PROJECT = Path(__file__).parent.parent
SQL = re.compile(r"\b(SELECT\b.*\bFROM|INSERT INTO|UPDATE \w+\s+SET|DELETE FROM)\b", re.DOTALL)


def sources(folder: str) -> Iterator[tuple[Path, ast.Module]]:
    for path in sorted((PROJECT / folder).rglob("*.py")):
        yield path, ast.parse(path.read_text())


def imports(tree: ast.Module) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def test_sql_knows_the_database_alone() -> None:
    allowed = {*sys.stdlib_module_names, "asyncpg", "sql"}
    for path, tree in sources("sql"):
        assert {name.partition(".")[0] for name in imports(tree)} <= allowed, path


def test_a_handler_knows_no_other_and_no_token() -> None:
    for path, tree in sources("server/handlers"):
        checks = () if path.name == "smtp_checks.py" else ("server.checks",)
        for name in imports(tree):
            assert not name.startswith(("jwt", "server.handlers", "server.cli", *checks)), (path, name)


def test_statements_stand_in_sql_alone() -> None:
    for path, tree in [*sources("server"), *sources("server/handlers")]:
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                assert not SQL.search(node.value), (path, node.value)


def test_the_environment_is_read_in_one_place() -> None:
    for path, tree in [*sources("server"), *sources("sql")]:
        assert not imports(tree) & {"os.environ", "os.getenv"}, path
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "os":
                assert node.attr not in ("environ", "getenv"), path


def test_files_stay_readable() -> None:
    for folder in ("server", "sql", "tests"):
        for path in (PROJECT / folder).rglob("*.py"):
            assert len(path.read_text().splitlines()) <= 220, path


def test_no_other_package_stands_at_the_top() -> None:
    packages = {path.parent.name for path in PROJECT.glob("*/*.py")}
    assert packages <= {"server", "sql", "tests", "build"}
    assert [path.name for path in PROJECT.glob("*.py")] == ["run.py"]


def test_a_probe_knows_neither_database_nor_api() -> None:
    for path, tree in sources("server/checks"):
        if path.name in ("runner.py", "claimed.py", "record.py", "upkeep.py"):  # what an agent does around it
            continue
        assert not {name.partition(".")[0] for name in imports(tree)} & {"sql", "asyncpg", "aiohttp"}, path
