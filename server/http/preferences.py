"""The Prefer header (RFC 7240): ``return=minimal`` asks for an answer without a body."""

import re
from collections.abc import Sequence

LEXEME = re.compile(
    r"""(?P<t>[!#$%&'*+.^_`|~0-9A-Za-z-]+)  # a token
      | "(?P<q>(?:[^"\\]|\\.)*)"            # a quoted string
      | (?P<s>[=;,])
      | [ \t]+
      | (?P<x>.)""",
    re.DOTALL | re.VERBOSE,
)
# by one letter for each lexeme: a preference, with parameters after semicolons; several, with commas between them
PREFERENCE = "(?:t(?:=[tq])?(?:;(?:t(?:=[tq])?)?)*)?"
SHAPE = re.compile(f"{PREFERENCE}(?:,{PREFERENCE})*")
APPLIED = {"Preference-Applied": "return=minimal"}


def prefers_minimal(headers: Sequence[str]) -> bool:
    """Whether the first preference with the name ``return`` is ``minimal``. A malformed header asks for nothing."""
    shape, words = _read(",".join(headers))
    if not SHAPE.fullmatch(shape):
        return False
    start = 0
    for preference in shape.split(","):
        if preference and words[start].lower() == "return":
            return preference[1:2] == "=" and words[start + 2].lower() == "minimal"
        start += len(preference) + 1
    return False


def _read(text: str) -> tuple[str, list[str]]:
    """The lexemes of *text*, each as a letter and as what it says; up to the first stray character, which is ``x``."""
    shape, words = "", []
    for match in LEXEME.finditer(text):
        kind = match.lastgroup
        if kind is not None:
            shape += match[0] if kind == "s" else kind
            words.append(re.sub(r"\\(.)", r"\1", match["q"]) if kind == "q" else match[0])
        if kind == "x":
            break
    return shape, words
