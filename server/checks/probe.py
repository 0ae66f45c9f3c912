"""One attempt at one server under one deadline; it always ends in a value."""

from collections.abc import Awaitable, Callable, Sequence

from server.checks.networks import Networks
from server.checks.outcome import Outcome
from server.checks.target import Target

Resolve = Callable[[str], Awaitable[Sequence[str]]]


async def probe(target: Target, *, resolve: Resolve, allowed: Networks) -> Outcome:
    """Speak to *target* as its options say; *resolve* gives a name's addresses, *allowed* judges them."""
    raise NotImplementedError
