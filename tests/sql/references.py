"""The tables that a statement refers to, each with whether the organization of its rows is given."""

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from itertools import pairwise

from tests.sql.groups import HOLE, Group, Item, blocks, clauses, conditions, grouped, is_names, split

TABLES_FOLLOW = {"from", "join", "using", "update", "into", "truncate"}
NO_ALIAS = {"left", "right", "full", "inner", "cross", "natural", "tablesample", "restart", "as"}


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The tables that belong to organizations, and what in them names the organization."""

    columns: Mapping[str, str]  # by table
    constraints: Set[str]  # unique ones that include this column

    def names(self, table: str) -> str:
        return self.columns.get(table, "organization_id")


@dataclass(slots=True)
class Reference:
    """A table in one place. It is *bound* if the organization of the rows that it gives or gets is given."""

    table: str
    alias: str
    column: str
    bound: bool = False
    inserts: bool = False


def references(text: str, catalogue: Catalogue) -> list[Reference]:
    """The references of a text to the catalogue's tables. A hole in the place of a table counts as one."""
    return list(_of_group(grouped(text), catalogue))


def _of_group(group: Group, catalogue: Catalogue) -> Iterator[Reference]:
    for block in blocks(group):
        yield from _Block(block, catalogue).references()
    for item in group:
        if isinstance(item, Group):
            yield from _of_group(item, catalogue)


class _Block:
    def __init__(self, items: Sequence[Item], catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self.read: list[Reference] = []
        self.written: list[Reference] = []
        self.equal: list[tuple[Reference, Reference]] = []
        self.merged = 0  # how many JOINs merge their organizations by USING
        given: list[list[Item]] = []
        for clause, words in clauses(items):
            if clause == "conflict":
                self._conflict(words)
                break
            if clause == "using" and words and is_names(words[0]):
                self.merged += "organization_id" in words[0]
            elif clause in TABLES_FOLLOW:
                for part in split(words, ","):
                    self._table(clause, part)
            elif clause in ("where", "on"):
                given += conditions(words)
        for condition in given:
            self._bind(condition)

    def references(self) -> list[Reference]:
        if self.merged >= len(self.read):  # merged with something that is no such table
            self._bind_all(self.read)
        elif self.merged:
            self.equal += pairwise(self.read)
        for _ in self.equal:
            for one, other in self.equal:
                one.bound = other.bound = one.bound or other.bound
        return [*self.read, *self.written]

    def _table(self, clause: str, part: Sequence[Item]) -> None:
        words = [item for item in part if item not in ("only", "table")]
        name = words[0].removeprefix("public.") if words and isinstance(words[0], str) else ""
        if name != HOLE and name not in self.catalogue.columns:
            return
        column = self.catalogue.names(name)
        rest = words[1:]
        if clause == "into":
            columns = next((item for item in rest if isinstance(item, Group)), Group())
            self.written.append(Reference(name, name, column, bound=column in columns, inserts=True))
        elif not (rest and isinstance(rest[0], Group)):  # else it is a function
            alias = next((item for item in rest[: 1 + (rest[:1] == ["as"])] if item not in NO_ALIAS), name)
            self.read.append(Reference(name, str(alias), column))

    def _conflict(self, words: Sequence[Item]) -> None:
        """A row that is changed instead is one of the same organization."""
        # columns, or ON CONSTRAINT and a name
        target = next((item for item in words[1:2] if isinstance(item, Group)), words[3:4])
        for reference in self.written:
            same = reference.column in target or any(item in self.catalogue.constraints for item in target)
            reference.bound &= same or "nothing" in words

    def _bind(self, condition: Sequence[Item]) -> None:
        match list(condition):
            case [Group() as group]:
                self._bind_reach(group)
                for part in conditions(group):
                    self._bind(part)
            case ["ctid", "=", "any", [["array", Group() as found]] | ["array", Group() as found]]:
                self._bind_found(found)
            case [Group() as names, "=", Group() as values] if len(names) == len(values):
                for name, value in zip(names, values, strict=True):
                    self._bind([name, "=", value])
            case [Group() as names, "in", Group()]:
                for name in names:
                    self._bind_all(self._named(name))
            case [name, "in", Group()] | [name, "=", "any", Group()]:
                self._bind_all(self._named(name))
            case [name, "=", *value] if not {"then", "else", "when", "end"} & {str(item) for item in value}:
                self._bind_equal(name, value)

    def _bind_reach(self, group: Group) -> None:
        """Bind by a condition that within_reach() makes, whose NULL is a caller who reaches all organizations."""
        match list(group):
            case ["$1", "::", "bigint", "is", "null", "or", name, "=", "$1"]:
                self._bind_all(self._named(name))

    def _bind_found(self, group: Group) -> None:
        """Bind what is found by its place, which a subselect of the same table has looked for."""
        found = list(_of_group(group, self.catalogue))
        if len(self.read) == 1 and found and all(one.bound and one.table == self.read[0].table for one in found):
            self._bind_all(self.read)

    def _bind_equal(self, name: Item, value: Sequence[Item]) -> None:
        named = self._named(name)
        others = self._named(value[0]) if len(value) == 1 else []
        if named and others:
            self.equal += [(one, other) for one in named for other in others]
        else:
            self._bind_all(named or others)

    def _bind_all(self, references: Sequence[Reference]) -> None:
        for reference in references:
            reference.bound = True

    def _named(self, name: Item) -> list[Reference]:
        """Those whose organization has that name here."""
        if not isinstance(name, str):
            return []
        alias, _, column = name.rpartition(".")
        if alias:
            return [one for one in self.read if (one.alias, one.column) == (alias, column)]
        named = [one for one in self.read if one.column == column]
        return named if len(named) == 1 or self.merged else []
