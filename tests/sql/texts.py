"""The texts of a module that may be SQL: its strings, whose holes are filled as far as the module itself can."""

import ast
import importlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.sql.groups import HOLE

Scope = ast.FunctionDef | ast.AsyncFunctionDef
PLACE = re.compile(r"\{\w*\}")  # of a template for str.format()


@dataclass(frozen=True, slots=True)
class Text:
    """A string in the source, by the function or constant that it is in."""

    owner: str
    sql: str


def texts(root: Path, path: Path) -> Iterator[Text]:
    """The strings of a module, docstrings excepted."""
    name = ".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__")
    tree = ast.parse(path.read_text())
    yield from _Reader(vars(importlib.import_module(name))).read(tree, name, {})


class _Reader:
    def __init__(self, known: Mapping[str, Any]) -> None:
        self.known = known

    def read(self, node: ast.AST, owner: str, local: Mapping[str, ast.expr | None]) -> Iterator[Text]:
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            return  # a docstring
        if isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str)):
            yield Text(owner, PLACE.sub(HOLE, self._fill(node, local)))
            return
        if isinstance(node, Scope):
            local = _assigned(node)
        if isinstance(node, Scope | ast.ClassDef):
            owner = f"{owner}.{node.name}"
        elif isinstance(node, ast.Assign) and not local and isinstance(node.targets[0], ast.Name):
            owner = f"{owner}.{node.targets[0].id}"
        for child in ast.iter_child_nodes(node):
            yield from self.read(child, owner, local)

    def _fill(self, node: ast.expr, local: Mapping[str, ast.expr | None]) -> str:
        match node:
            case ast.Constant(value):
                return str(value)
            case ast.JoinedStr(parts):
                return "".join(self._fill(part, local) for part in parts)
            case ast.FormattedValue(value):
                return self._fill(value, local)
            case ast.Name(name) if name in local:
                assigned = local[name]
                return HOLE if assigned is None else self._fill(assigned, local)
        return self._evaluate(node, local)

    def _evaluate(self, node: ast.expr, local: Mapping[str, ast.expr | None]) -> str:
        """What an expression of the module's own names gives."""
        if any(isinstance(part, ast.Name) and part.id in local for part in ast.walk(node)):
            return HOLE
        try:
            return str(eval(compile(ast.Expression(node), "hole", "eval"), dict(self.known)))
        except NameError:
            return HOLE


def _assigned(scope: Scope) -> dict[str, ast.expr | None]:
    """The names of a function, each with the text that is assigned to it once; None for all others."""
    arguments = [*scope.args.posonlyargs, *scope.args.args, *scope.args.kwonlyargs]
    found: dict[str, ast.expr | None] = {argument.arg: None for argument in arguments}
    for node in ast.walk(scope):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found[node.id] = None
    for node in ast.walk(scope):
        match node:
            case ast.Assign([ast.Name(name)], ast.JoinedStr() | ast.Constant(str()) as value):
                once = sum(
                    isinstance(n, ast.Name) and n.id == name and isinstance(n.ctx, ast.Store) for n in ast.walk(scope)
                )
                found[name] = value if once == 1 else None
    return found
