"""Options and arguments that the parsers of the API judge."""

import argparse
import functools
from collections.abc import Callable

from server.fields.values import Invalid


def parsed(parse: Callable[[object], str]) -> Callable[[str], str]:
    """A field's parser as a type of argparse's."""

    @functools.wraps(parse)
    def parse_option(argument: str) -> str:
        try:
            return parse(argument)
        except Invalid as error:
            raise argparse.ArgumentTypeError(f"{argument!r}: {error}") from error

    return parse_option
