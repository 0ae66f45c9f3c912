"""What a document refers to, and whether it is there: files, commands, variables, endpoints, headings."""

import re
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

from server.serving.routes import ROUTES
from tests.bench.__main__ import COMMANDS as BENCHMARKS
from tests.product.process import RUN

PROJECT = RUN.parent
FOLDERS = {"server", "sql", "migrations", "tests", ".ci", ".deploy", ".docs"}
ROOMS = {path.name for path in (PROJECT / "server").iterdir() if path.is_dir()}
MADE = (".data/", ".venv/", "server/COMMIT")  # by a start, by pip, by a build
SUFFIXES = (".py", ".md", ".sql", ".toml", ".lua")
CODE = re.compile(r"```[a-z]*\n(.*?)```|`([^`\n]+)`", re.DOTALL)
WORD = re.compile(r"[^\s`'\"(){}\[\],;|<>=:]+")
LINK = re.compile(r"\]\(([^)\s]+)\)")
COMMAND = re.compile(r"(?:run\.py|bin/smtp-monitors|(?<![\w/-])smtp-monitors|python -m server) ([a-z][a-z-]*)")
BENCHMARK = re.compile(r"python -m tests\.bench (\w+)")
PROGRAM = re.compile(r"\.venv/bin/([\w-]+)")
VARIABLE = re.compile(r"(?<![\w$./-])[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+(?![\w/-])")
OF_THE_SYSTEM = re.compile(r"AF_|CAP_|SIG")
ENDPOINT = re.compile(r"(?<![\w.])/api/[\w/:{}.-]*\w")
TEST = re.compile(r"(?:tests/[\w/]+|\btest_\w+)\.py")
SETTING = re.compile(r"^  ([A-Z_]+(?:, [A-Z_]+)*) ", re.MULTILINE)


def documents() -> list[Path]:
    folders = (PROJECT / ".docs", PROJECT / ".deploy")
    return [
        PROJECT / "README.md",
        *sorted(
            path
            for folder in folders
            for path in folder.rglob("*")
            if path.is_file() and path.suffix not in (".pyc", ".png")
        ),
    ]


def broken(path: Path, text: str, help_text: str) -> list[str]:
    """What the text of a document refers to and is not there."""
    code = "\n".join("".join(groups) for groups in CODE.findall(text)) if path.suffix == ".md" else text
    judges: list[tuple[Iterator[str], Callable[[str], bool]]] = [
        (_words(code), _file_is_there),
        (_found(BENCHMARK, code), BENCHMARKS.__contains__),
        (_found(PROGRAM, code), lambda name: (Path(sys.executable).parent / name).exists()),
        (_found(COMMAND, code), lambda name: name in _commands(help_text) or name.startswith("smtp-monitors")),
        (_found(VARIABLE, code), lambda name: _variable_is_there(name, text, help_text)),
        (_found(ENDPOINT, code), _endpoint_is_there),
        (_found(TEST, text), names_a_test),
    ]
    if path.suffix == ".md":
        judges.append((_found(LINK, text), lambda target: _link_leads_somewhere(path, text, target)))
    return [name for names, is_there in judges for name in names if not is_there(name)]


def settings(help_text: str) -> set[str]:
    return {name for names in SETTING.findall(help_text.partition("settings, ")[2]) for name in names.split(", ")}


def names_a_test(name: str) -> bool:
    return (PROJECT / name).is_file() if "/" in name else any((PROJECT / "tests").rglob(name))


def _found(pattern: re.Pattern[str], text: str) -> Iterator[str]:
    return (match[1] if pattern.groups else match[0] for match in pattern.finditer(text))


def _words(code: str) -> Iterator[str]:
    """Those that look like a file of the project: in one of its folders, or with a suffix that its files have."""
    for match in WORD.finditer(code):
        word = match[0].rstrip(".…").removeprefix("./")
        inside = "/" in word and word.split("/")[0] in FOLDERS | ROOMS
        if not word.startswith((*MADE, "/", "$", "-")) and (inside or word.endswith(SUFFIXES)):
            yield word


def _file_is_there(word: str) -> bool:
    places = (PROJECT, PROJECT / "server")
    if any(any(place.glob(word)) for place in places):
        return True
    return "/" not in word and any(any((PROJECT / folder).rglob(word)) for folder in FOLDERS)


def _commands(help_text: str) -> set[str]:
    return set(re.findall(r"^    ([a-z][a-z-]+)(?: |$)", help_text, re.MULTILINE))


def _variable_is_there(name: str, text: str, help_text: str) -> bool:
    """A setting, a variable that tests read, one that the document sets itself, or a word of the system's."""
    if name == "X_FILE" or {name, name.removesuffix("_FILE")} & settings(help_text) or OF_THE_SYSTEM.match(name):
        return True
    return f'"{name}"' in _tests() or re.search(rf"\b{name}=\S", text) is not None


@cache
def _tests() -> str:
    own = "test_documents.py"  # which names what is not there
    return "\n".join(path.read_text() for path in (PROJECT / "tests").rglob("*.py") if path.name != own)


def _endpoint_is_there(written: str) -> bool:
    routes = (re.sub(r"\\\{.*?\\\}", "[^/]+", re.escape(re.sub(r":[^}]*\}", "}", route.path))) for route in ROUTES)
    return any(re.fullmatch(route, written) for route in routes)


def _link_leads_somewhere(path: Path, text: str, target: str) -> bool:
    if re.match(r"[a-z]+:", target):
        return True  # elsewhere
    file, _, heading = target.partition("#")
    there = path.parent / file if file else path
    if not there.exists():
        return False
    words = re.findall(r"^#+ (.*)$", there.read_text() if file else text, re.MULTILINE) if heading else []
    return not heading or heading in {re.sub(r"[^\w -]", "", word.lower()).replace(" ", "-") for word in words}
