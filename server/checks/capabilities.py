"""The capabilities that a server lists in its reply to EHLO."""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from types import MappingProxyType

from server.checks.text import readable


@lru_cache(maxsize=256)  # of up to 64 KB each; a server says the same each time
def parse(lines: tuple[bytes, ...]) -> Mapping[str, str]:
    """Keywords with their words, in upper case. A keyword that comes twice gets the words of both.

    ``AUTH=PLAIN`` is older than the standard; some servers still send it for old clients.
    """
    found: dict[str, dict[str, None]] = {}  # sets that keep the order; a list takes minutes for a long reply
    for line in lines:
        keyword, _, words = readable(line).strip().upper().replace("AUTH=", "AUTH ", 1).partition(" ")
        if keyword:
            found.setdefault(keyword, {}).update(dict.fromkeys(words.split()))
    return MappingProxyType({keyword: " ".join(words) for keyword, words in found.items()})


def render(capabilities: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(f"{keyword} {words}".rstrip() for keyword, words in capabilities.items())


def keywords(lines: Iterable[str]) -> set[str]:
    return {line.partition(" ")[0] for line in lines}
