"""One input of a form: what it shows of a field of the API, and what is sent to the API when the form comes back.

Between the two stand texts, as browsers send them: a list for each name, empty for a box that is not ticked.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any

from server.console import named_monitors

MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2})?")
LIMITED = "limited"  # the box that restricts a user to the customers that are ticked


class Empty(Enum):
    """What an input without a text means."""

    SENT = "the empty text, which the API judges"
    NULL = "null"
    OMITTED = "nothing is sent"


@dataclass(frozen=True, slots=True)
class Input:
    """It has the name of the API's field. Its label is the page's words of that name, or *words*."""

    name: str
    kind: str = "text"
    required: bool = False
    empty: Empty = Empty.SENT
    choices: Sequence[tuple[object, str]] = ()
    words: str | None = None
    hint: bool = False  # whether there are words <label>_hint
    on_demand: bool = False  # shown once the API asks for it
    attributes: Mapping[str, object] = field(default_factory=dict)

    def changed(self, **changes: Any) -> "Input":
        return replace(self, **changes)

    def texts(self, value: object) -> list[str]:
        """How a value of the API is shown."""
        return KINDS.get(self.kind, _TEXT)[0](value)

    def read(self, texts: Sequence[str]) -> dict[str, object]:
        """The part of a body that the texts stand for."""
        value = KINDS.get(self.kind, _TEXT)[1](texts)
        if value == "" and self.empty is not Empty.SENT:
            return {} if self.empty is Empty.OMITTED else {self.name: None}
        return {self.name: value}


class Filled:
    """Inputs with their texts and what is wrong with them, as templates see them."""

    def __init__(
        self, name: str, inputs: Sequence[Input], texts: Mapping[str, Sequence[str]], errors: Mapping[str, str]
    ) -> None:
        self.name, self.inputs, self.texts, self.errors = name, inputs, texts, errors

    def text(self, one: Input) -> str:
        """A password is never shown again."""
        texts = self.texts.get(one.name, ())
        return texts[-1] if texts and one.kind != "password" else ""

    def is_first_wrong(self, one: Input) -> bool:
        return one.name == next((other.name for other in self.inputs if other.name in self.errors), None)


PASSWORD = Input(
    "currentPassword",
    "password",
    empty=Empty.OMITTED,
    words="form.currentPassword",
    on_demand=True,
    attributes={"autocomplete": "current-password"},
)
NEW_PASSWORD = Input(
    "password",
    "password",
    empty=Empty.OMITTED,
    hint=True,
    attributes={"autocomplete": "new-password", "minlength": 12},
)


def to_moment(text: str) -> str:
    """The UTC time of an input without its zone. What is none is for the API to refuse."""
    return f"{text}Z" if MOMENT.fullmatch(text) else text


def _show_text(value: object) -> list[str]:
    return [] if value is None else [str(value)]


def _last(texts: Sequence[str]) -> str:
    return texts[-1] if texts else ""


def _read_number(texts: Sequence[str]) -> object:
    text = _last(texts).strip()
    return int(text) if re.fullmatch(r"-?[0-9]{1,18}", text) else text


def _show_customers(value: object) -> list[str]:
    return [LIMITED, *map(str, value)] if isinstance(value, list) else []


def _read_customers(texts: Sequence[str]) -> object:
    """Numbers, each in a box of its own or several with commas between them; null without the box LIMITED."""
    words = [word for text in texts for word in re.split(r"[\s,;]+", text) if word]
    if LIMITED not in words:
        return None
    return [_read_number([word]) for word in words if word != LIMITED]


Show = Callable[[object], list[str]]
Read = Callable[[Sequence[str]], object]
_TEXT: tuple[Show, Read] = (_show_text, _last)
# kinds that are more than a text
KINDS: dict[str, tuple[Show, Read]] = {
    "number": (_show_text, _read_number),
    "check": (lambda value: ["on"] if value else [], bool),
    "moment": (lambda value: [] if value is None else [str(value)[:16]], lambda texts: to_moment(_last(texts))),
    "kept": (_show_text, lambda texts: ""),  # the page's own, unseen
    "customers": (_show_customers, _read_customers),
    # browsers send other line breaks than the API gives
    "paragraphs": (_show_text, lambda texts: _last(texts).replace("\r\n", "\n")),
    "monitors": (named_monitors.show, named_monitors.read),
}
