"""Who may know what: read from the imports and the texts of the source itself."""

import ast
import importlib.metadata
import re
import sys
import tomllib
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from server.cli.commands import COMMANDS

PROJECT = Path(__file__).parent.parent.parent
WIRE_NAME = re.compile(r"(?:^|')[a-z]+[A-Z]\w*(?:$|')")
SQL = re.compile(r"\b(SELECT\b.*\bFROM|INSERT INTO|UPDATE \w+\s+SET|DELETE FROM)\b", re.DOTALL)
# from the top down: a room knows those below it
ROOMS = [
    "cli",
    "serving",
    "console",
    "agent",
    "handlers",
    "openapi",
    "resources",
    "alerts",
    "access",
    "http",
    "checks",
    "fields",
]
# beside the rooms below it, what each room knows of the project and of these libraries
LIBRARIES = {"sql", "asyncpg", "aiohttp", "jwt", "gunicorn", "yoyo", "psycopg", "aiosmtplib", "argon2", "cryptography"}
KNOWN = {
    "cli": {"sql", "asyncpg", "gunicorn", "yoyo", "psycopg"},
    "serving": {"sql", "asyncpg", "aiohttp"},
    "console": {"aiohttp"},
    "agent": {"sql", "asyncpg", "aiohttp"},
    "handlers": {"sql", "asyncpg", "aiohttp"},
    "openapi": set(),
    "resources": {"sql", "asyncpg", "aiohttp"},
    "alerts": {"sql", "asyncpg", "aiohttp", "aiosmtplib"},
    "access": {"sql", "asyncpg", "aiohttp", "jwt", "argon2", "cryptography"},
    "http": {"sql", "asyncpg", "aiohttp"},
    "checks": {"cryptography"},
    "fields": set(),
}


def sources(folder: str) -> Iterator[tuple[Path, ast.Module]]:
    for path in sorted((PROJECT / folder).rglob("*.py")):
        yield path, ast.parse(path.read_text())


def imports(tree: ast.Module) -> set[str]:
    """Each imported name with its module, wherever in the file it is imported."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def test_the_rooms_are_these() -> None:
    entries = {path.stem for path in (PROJECT / "server").iterdir() if not path.name.startswith("__")}
    assert entries == set(ROOMS)


@pytest.mark.parametrize("room", ROOMS)
def test_arrows_lead_downwards(room: str) -> None:
    below = set(ROOMS[ROOMS.index(room) :])
    for path, tree in sources(f"server/{room}"):
        for name in imports(tree):
            if name.startswith("server."):
                assert name.split(".")[1] in below, (path, name)


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_knows_its_libraries(room: str) -> None:
    for path, tree in sources(f"server/{room}"):
        assert {name.partition(".")[0] for name in imports(tree)} & LIBRARIES <= KNOWN[room], path


def test_no_modules_know_each_other_in_circles() -> None:
    graph: dict[str, set[str]] = {}
    for folder in ("server", "sql"):
        for path, tree in sources(folder):
            module = ".".join(path.relative_to(PROJECT).with_suffix("").parts)
            graph[module] = {known for name in imports(tree) for known in (name, name.rpartition(".")[0])}
    modules = graph.keys()
    # raises CycleError where there is a circle
    TopologicalSorter({module: known & modules - {module} for module, known in graph.items()}).prepare()


def test_modules_are_imported_by_name_in_one_place() -> None:
    """Otherwise the rules above would not see it. There, a command is a module of its own room."""
    trees = [*sources("server"), *sources("sql")]
    by_name = [path for path, tree in trees if imports(tree) & {"importlib", "importlib.import_module"}]
    assert by_name == [PROJECT / "server" / "cli" / "commands.py"]
    for command in COMMANDS:
        assert command.module.startswith("server.cli."), command
        assert (PROJECT / Path(*command.module.split("."))).with_suffix(".py").exists(), command


def test_sql_knows_the_database_alone() -> None:
    allowed = {*sys.stdlib_module_names, "asyncpg", "sql"}
    for path, tree in sources("sql"):
        assert {name.partition(".")[0] for name in imports(tree)} <= allowed, path


def test_sql_speaks_columns() -> None:
    for path, tree in sources("sql"):
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                assert not WIRE_NAME.search(node.value), (path, node.value)


def test_a_handler_knows_no_other_and_no_probe() -> None:
    for path, tree in sources("server/handlers"):
        for name in imports(tree):
            assert not name.startswith("server.checks"), (path, name)
            if name.startswith("server.handlers"):
                assert name.startswith("server.handlers.keys"), (path, name)


def test_statements_stand_in_sql_alone() -> None:
    for path, tree in sources("server"):
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                assert not SQL.search(node.value), (path, node.value)


def test_the_environment_is_read_in_one_place() -> None:
    run = PROJECT / "run.py"
    trees = [*sources("server"), *sources("sql"), (run, ast.parse(run.read_text()))]
    assert [path for path, tree in trees if reads_the_environment(tree)] == [PROJECT / "server" / "__main__.py"]


def reads_the_environment(tree: ast.Module) -> bool:
    attributes = [node for node in ast.walk(tree) if isinstance(node, ast.Attribute)]
    of_os = {node.attr for node in attributes if isinstance(node.value, ast.Name) and node.value.id == "os"}
    return bool(imports(tree) & {"os.environ", "os.getenv"} or of_os & {"environ", "getenv"})


def test_what_is_imported_is_declared() -> None:
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]
    lines = [*project["dependencies"], *project["optional-dependencies"]["demo"]]
    declared = {canonical(re.split(r"[^\w.-]", line)[0]) for line in lines}
    providers = importlib.metadata.packages_distributions()
    for path, tree in [*sources("server"), *sources("sql")]:
        for package in {name.partition(".")[0] for name in imports(tree)} - {"server", "sql", *sys.stdlib_module_names}:
            assert {canonical(name) for name in providers[package]} & declared, (path, package)


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_openapi_takes_the_bounds_of_requests_from_the_parsers() -> None:
    for path, tree in sources("server/openapi"):
        words = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)}
        assert not words & {"minLength", "maxLength", "minItems", "maxItems"}, path


def test_files_stay_readable() -> None:
    for folder in ("server", "sql", "tests"):
        for path in (PROJECT / folder).rglob("*.py"):
            assert len(path.read_text().splitlines()) <= 220, path


def test_no_other_package_stands_at_the_top() -> None:
    packages = {path.parent.name for path in PROJECT.glob("[!.]*/*.py")}
    assert packages <= {"server", "sql", "tests", "build"}
    assert [path.name for path in PROJECT.glob("*.py")] == ["run.py"]
