"""Failed ends a probe: a step raises it, and probe() turns it into an outcome."""

from server.checks.outcome import Code


class Failed(Exception):
    """The probe ends with that code. *reply_code* and *reply_text* are the reply that decided it."""

    def __init__(
        self, code: Code, detail: str = "", *, reply_code: int | None = None, reply_text: str | None = None
    ) -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail
        self.reply_code = reply_code
        self.reply_text = reply_text
