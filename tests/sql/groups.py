"""SQL as nested groups of words, without a grammar: parts of statements can be read, too."""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Union

HOLE = "\N{REPLACEMENT CHARACTER}"  # stands for text that is not known
WORD = re.compile(
    rf"--[^\n]*|/\*.*?\*/|E?'(?:[^'\\]|''|\\.)*'|{HOLE}|\$\d+|[\w\"]+(?:\.[\w\"*]+)*|::|<>|<=|>=|[^\s\w]", re.DOTALL
)
CLAUSES = set(
    "with select from join lateral on using where group order having window limit offset for returning values set"
    " into update delete insert truncate".split()
)
PARTS = {"union", "intersect", "except"}
STEPS = {"begin", "then", "else", "elsif", "loop", "return"}  # of PL/pgSQL: a statement may follow

Item = Union[str, "Group"]


class Group(list[Item]):
    """What is between two parentheses."""


def grouped(text: str) -> Group:
    stack = [Group()]
    for word in WORD.findall(text):
        if word in ("(", "["):
            stack.append(Group())
            stack[-2].append(stack[-1])
        elif word in (")", "]"):
            del stack[max(len(stack) - 1, 1) :]
        elif not word.startswith(("--", "/*")):
            stack[-1].append(word if "'" in word else word.replace('"', "").lower())
    return stack[0]


def blocks(group: Group) -> Iterator[list[Item]]:
    """What has a WHERE of its own."""
    block: list[Item] = []
    cases = 0
    for item in group:
        cases += (item == "case") - (item == "end" and cases > 0)
        if item == ";" or (not cases and isinstance(item, str) and item in PARTS | STEPS):
            yield block
            block = []
        else:
            block.append(item)
    yield block


def clauses(block: Sequence[Item]) -> Iterator[tuple[str, list[Item]]]:
    clause, items = "", list[Item]()
    before: Item = ""
    for item, after in pairwise([*block, ""]):
        begins = isinstance(item, str) and item in CLAUSES
        if (item == "from" and before == "distinct") or (item == "update" and before in ("for", "key")):
            begins = False
        if begins and clause != "conflict":
            yield clause, items
            clause, items = str(item) if (item, after) != ("on", "conflict") else "conflict", []
        else:
            items.append(item)
        before = item
    yield clause, items


def is_names(item: Item) -> bool:
    return isinstance(item, Group) and item[0] != "select" and all(isinstance(part, str) for part in item)


def conditions(items: Sequence[Item]) -> list[list[Item]]:
    """The conditions that hold all; none where only one of several holds."""
    return [] if "or" in items else split(items, "and")


def split(items: Sequence[Item], by: str) -> list[list[Item]]:
    parts: list[list[Item]] = [[]]
    for item in items:
        if item == by:
            parts.append([])
        else:
            parts[-1].append(item)
    return parts
