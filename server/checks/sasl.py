"""SASL mechanisms. Each is a generator: it yields responses and is sent the challenges.

The first response may come before any challenge, otherwise it is None. An exchange that succeeds is over when
its generator is: a server that accepts earlier has skipped a step, for instance the proof of its own.
"""

import binascii
import hashlib
import hmac
import re
import secrets
import stringprep
import unicodedata
from collections.abc import Callable, Generator

from server.checks.text import to_base64

Exchange = Generator[bytes | None, bytes, None]
# A server chooses how often its client hashes; 100,000 take some 30 ms.
MAX_ITERATIONS = 100_000
COUNT = re.compile("[0-9]{1,9}")  # str.isdigit() accepts a superscript two, which int() refuses


class Unacceptable(Exception):
    """A challenge is malformed, costs too much or does not prove what it should."""


def plain(user: str, password: str) -> Exchange:
    yield f"\0{user}\0{password}".encode()


def login(user: str, password: str) -> Exchange:
    yield None
    yield user.encode()
    yield password.encode()


def cram_md5(user: str, password: str) -> Exchange:
    challenge = yield None
    digest = hmac.new(password.encode(), challenge, hashlib.md5).hexdigest()
    yield f"{user} {digest}".encode()


def scram_sha_256(user: str, password: str) -> Exchange:
    """RFC 5802 and 7677, without channel binding."""
    nonce = secrets.token_urlsafe(18)
    name = prepared(user).replace("=", "=3D").replace(",", "=2C")
    client_first = f"n={name},r={nonce}"
    server_first = _text((yield f"n,,{client_first}".encode()))
    parts = _attributes(server_first)
    server_nonce, iterations = parts.get("r", ""), parts.get("i", "")
    if not server_nonce.startswith(nonce) or server_nonce == nonce:
        raise Unacceptable("the server's nonce does not extend the client's")
    if not COUNT.fullmatch(iterations) or not 0 < int(iterations) <= MAX_ITERATIONS:
        raise Unacceptable(f"the server asks for {iterations[:20]!r} iterations")
    salted = hashlib.pbkdf2_hmac("sha256", prepared(password).encode(), _base64(parts.get("s", "")), int(iterations))
    client_key = _hmac(salted, b"Client Key")
    unproven = f"c=biws,r={server_nonce}"
    signed = f"{client_first},{server_first},{unproven}".encode()
    signature = _hmac(hashlib.sha256(client_key).digest(), signed)
    proof = bytes(a ^ b for a, b in zip(client_key, signature, strict=True))
    server_final = _attributes(_text((yield f"{unproven},p={to_base64(proof)}".encode())))
    expected = _hmac(_hmac(salted, b"Server Key"), signed)
    if not hmac.compare_digest(_base64(server_final.get("v", "")), expected):
        raise Unacceptable("the server does not prove that it knows the password")
    yield b""


# the strongest first
MECHANISMS: dict[str, Callable[[str, str], Exchange]] = {
    "SCRAM-SHA-256": scram_sha_256,
    "CRAM-MD5": cram_md5,
    "PLAIN": plain,
    "LOGIN": login,
}


def prepared(string: str) -> str:
    """The mappings of SASLprep (RFC 4013, 2.1 and 2.2); what it prohibits is the server's to refuse."""
    mapped = (" " if stringprep.in_table_c12(char) else char for char in string if not stringprep.in_table_b1(char))
    return unicodedata.normalize("NFKC", "".join(mapped))


def _hmac(key: bytes, message: bytes) -> bytes:
    return hmac.digest(key, message, "sha256")


def _text(challenge: bytes) -> str:
    try:
        return challenge.decode()
    except UnicodeDecodeError as error:
        raise Unacceptable("a challenge is not UTF-8") from error


def _attributes(message: str) -> dict[str, str]:
    return {part[:1]: part[2:] for part in message.split(",") if part[1:2] == "="}


def _base64(text: str) -> bytes:
    return from_base64(text.encode())


def from_base64(raw: bytes) -> bytes:
    try:
        return binascii.a2b_base64(raw, strict_mode=True) if raw else b""
    except binascii.Error as error:
        raise Unacceptable("a challenge is not base64") from error
