"""Whatever a server sends, the probe ends in a value, in time."""

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.checks.outcome import Phase
from server.checks.target import TlsOptions
from server.resources.smtp_checks import represent
from tests.probe import scripted_smtp
from tests.probe.probing import examine
from tests.probe.scripted_smtp import Step

SECONDS = 0.5
codes = st.sampled_from([b"220", b"250", b"334", b"354", b"421", b"454", b"535", b"550", b"221", b"000", b"\xff"])
replies = st.builds(
    lambda code, separator, text, end: code + separator + text + end,
    codes,
    st.sampled_from([b" ", b"-", b""]),
    st.sampled_from([b"STARTTLS", b"AUTH PLAIN CRAM-MD5", b"AUTH SCRAM-SHA-256", b"AUTH LOGIN"])
    | st.binary(max_size=30),
    st.sampled_from([b"\r\n", b"\n", b"\r", b""]),
)
hello = st.just(b"220 mail\r\n")
offers = st.sampled_from([b"250-a\r\n250-STARTTLS\r\n250 AUTH LOGIN\r\n", b"250-a\r\n250 AUTH SCRAM-SHA-256 PLAIN\r\n"])
chunks = st.lists(replies | st.binary(max_size=100), max_size=8)
scripts = chunks | st.builds(lambda greeting, offer, rest: [greeting, offer, *rest], hello, offers, chunks)
options = st.fixed_dictionaries(
    {"secure": st.booleans(), "ignore_tls": st.booleans(), "expect_refused": st.booleans()},
    optional={
        "user": st.just("u"),
        "password": st.just("p"),
        "mail_from": st.just("a@example.com"),
        "rcpt_to": st.just("b@example.com"),
        "require_tls": st.booleans(),
    },
)


@pytest.mark.slow
@settings(max_examples=150)
@given(scripts, options, st.booleans())
def test_any_bytes_end_in_a_value(sent: list[bytes], chosen: dict[str, object], stays: bool) -> None:
    asyncio.run(_probe(sent, chosen, stays=stays))


async def _probe(sent: list[bytes], chosen: dict[str, object], *, stays: bool) -> None:
    script: list[Step] = [*sent, scripted_smtp.silence] if stays else [*sent]
    async with scripted_smtp.serve(script) as server:
        outcome = await examine(server.port, timeout_seconds=SECONDS, tls=TlsOptions(verify=False), **chosen)
    shown = represent(outcome, "de")
    assert shown["verdict"] in ("success", "warning", "failure")
    assert shown["phase"] in {phase.value for phase in Phase}
    assert len(str(shown["replyText"])) <= 500
