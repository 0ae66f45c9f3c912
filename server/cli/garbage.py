"""The garbage collector of a process that works for long."""

import gc


def look_rarely() -> None:
    """Leave out what is loaded now, since it lives as long as the process, and look at the rest less often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
