"""What ends a benchmark in one line instead of a traceback."""


class UnusableError(Exception):
    """Something that the benchmark needs is missing or does not answer; the message says what."""
