"""Credentials at rest: AES-256-GCM under a ring of keys. The first key encrypts, all of them decrypt.

A ciphertext is bound to what it belongs to, such as the monitor's public id: copied to another row, it opens
nothing (``tests/product/test_secrets.py``).
"""

import base64
import binascii
import os
from collections.abc import Sequence
from hashlib import sha256

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_ID_BYTES = 4
NONCE_BYTES = 12


class Undecryptable(Exception):
    """No key of the ring opens this value, or it was written for another row."""


class KeyRing:
    """Encrypts to ``key id (4) | nonce (12) | ciphertext and tag``."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        self._ciphers = {sha256(key).digest()[:KEY_ID_BYTES]: AESGCM(key) for key in keys}
        self.current_id, self._current = next(iter(self._ciphers.items()))

    @classmethod
    def parse(cls, text: str) -> "KeyRing":
        """Comma-separated base64 keys of 32 bytes; ValueError otherwise."""
        try:
            keys = [base64.b64decode(part.strip(), validate=True) for part in text.split(",")]
        except binascii.Error as error:
            raise ValueError("must be base64") from error
        if any(len(key) != 32 for key in keys):
            raise ValueError("must be keys of 32 bytes")
        return cls(keys)

    def encrypt(self, password: str, bound_to: bytes) -> bytes:
        nonce = os.urandom(NONCE_BYTES)
        return self.current_id + nonce + self._current.encrypt(nonce, password.encode(), bound_to)

    def decrypt(self, stored: bytes, bound_to: bytes) -> str:
        cipher = self._ciphers.get(stored[:KEY_ID_BYTES])
        nonce_end = KEY_ID_BYTES + NONCE_BYTES
        if cipher is None:
            raise Undecryptable("no such key")
        try:
            return cipher.decrypt(stored[KEY_ID_BYTES:nonce_end], stored[nonce_end:], bound_to).decode()
        except InvalidTag as error:
            raise Undecryptable("not authentic") from error


def generate_key() -> str:
    return base64.b64encode(os.urandom(32)).decode()
