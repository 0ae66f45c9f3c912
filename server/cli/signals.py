"""SIGINT and SIGTERM: they end a command without a traceback, and do not break off what must not be."""

import contextlib
import signal
import threading
from collections.abc import Callable, Iterator

NUMBERS = (signal.SIGINT, signal.SIGTERM)


def run(command: Callable[[], int]) -> int:
    """The command's exit status, or 128 and the number of the signal that ended it.

    SIGTERM is handled as SIGINT is, for which ``asyncio.run`` cancels its task. The server and agents have handlers
    of their own.
    """
    came = signal.SIGINT

    def terminate(number: int, _: object) -> None:
        nonlocal came
        came = signal.Signals(number)
        signal.raise_signal(signal.SIGINT)

    try:
        signal.signal(signal.SIGTERM, terminate)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        return command()
    except KeyboardInterrupt:
        return 128 + came
    finally:
        for number in NUMBERS:
            signal.signal(number, signal.SIG_DFL)


@contextlib.contextmanager
def deferred() -> Iterator[None]:
    """Act on signals when this is done. Only the main thread gets any."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[int] = []
    before = {number: signal.signal(number, lambda number, _: came.append(number)) for number in NUMBERS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        if came:
            signal.raise_signal(came[0])
