"""A chain of certificates whose keys are as long as OpenSSL takes them, so that each costs the client milliseconds."""

import random
import ssl
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

SHA256_RSA = bytes.fromhex("300d06092a864886f70d01010b0500")
RSA = bytes.fromhex("300d06092a864886f70d0101010500")
COMMON_NAME = bytes.fromhex("0603550403")
IS_AUTHORITY = bytes.fromhex("a3133011300f0603551d130101ff040530030101ff")
BITS = 16384


def context(issuers: int, folder: Path) -> ssl.SSLContext:
    """A server's context; the signatures are nonsense, which is found out only by computing with the keys."""
    key = ec.generate_private_key(ec.SECP256R1())
    public = key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    keys = [public, *(_public_key() for _ in range(issuers))]
    chain = [_certificate(number, key) for number, key in enumerate(keys)]
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = folder / "costly.pem"
    path.write_text("".join(map(ssl.DER_cert_to_PEM_cert, chain)) + private.decode())
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.set_ciphers("DEFAULT:@SECLEVEL=0")
    made.load_cert_chain(path)
    return made


def _certificate(number: int, public_key: bytes) -> bytes:
    validity = _tlv(0x30, _tlv(0x17, b"250101000000Z") + _tlv(0x17, b"491231000000Z"))
    names = _name(number + 1) + validity + _name(number)
    signed = _tlv(0x30, _tlv(0xA0, _integer(2)) + _integer(5) + SHA256_RSA + names + public_key + IS_AUTHORITY)
    return _tlv(0x30, signed + SHA256_RSA + _tlv(0x03, b"\0" + random.randbytes(BITS // 8 - 1).rjust(BITS // 8, b"\0")))


def _public_key() -> bytes:
    modulus = random.getrandbits(BITS) | 1 << BITS - 1 | 1
    return _tlv(0x30, RSA + _tlv(0x03, b"\0" + _tlv(0x30, _integer(modulus) + _integer(2**64 - 1))))


def _name(number: int) -> bytes:
    return _tlv(0x30, _tlv(0x31, _tlv(0x30, COMMON_NAME + _tlv(0x0C, b"%d" % number))))


def _integer(value: int) -> bytes:
    return _tlv(0x02, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def _tlv(tag: int, content: bytes) -> bytes:
    size = len(content)
    if size < 128:
        return bytes([tag, size]) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 128 + len(length)]) + length + content
