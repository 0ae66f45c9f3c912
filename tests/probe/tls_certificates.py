"""Certificates for every fault that one can have, made once."""

import re
import ssl
import warnings
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import trustme

NAMES = ("localhost", "127.0.0.1")
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Authority:
    ca: trustme.CA
    stranger: trustme.CA

    def context(self, kind: str) -> ssl.SSLContext:
        """A server's context with a certificate of that *kind*."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.issue(kind).configure_cert(context)
        if kind == "old":
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", DeprecationWarning)
                context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
            context.set_ciphers("DEFAULT:@SECLEVEL=0")
        return context

    def issue(self, kind: str) -> trustme.LeafCert:
        now = datetime.now(UTC)
        begin, end = {
            "expired": (now - 90 * DAY, now - 2.5 * DAY),
            "not-yet-valid": (now + 2 * DAY, now + 90 * DAY),
            "ends-soon": (now - 80 * DAY, now + 5.5 * DAY),
        }.get(kind, (now - DAY, now + 90 * DAY))
        names = {"wrong-host": ("other.example.com", "192.0.2.1"), "wildcard": ("*.example.com",)}.get(kind, NAMES)
        issuer = self.stranger if kind == "untrusted" else self.ca
        return issuer.issue_cert(*names, not_before=begin, not_after=end)

    def broken_context(self, pattern: bytes, instead: bytes, folder: Path) -> ssl.SSLContext:
        """A server's context with a good certificate in whose DER *instead* stands for what matches *pattern*."""
        leaf = self.issue("good")
        der = ssl.PEM_cert_to_DER_cert(leaf.cert_chain_pems[0].bytes().decode())
        broken = re.sub(pattern, instead, der, count=1)
        assert len(broken) == len(der)
        path = folder / "broken.pem"
        path.write_text(ssl.DER_cert_to_PEM_cert(broken) + leaf.private_key_pem.bytes().decode())
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        return context

    def write(self, kind: str, folder: Path) -> tuple[Path, Path]:
        """Certificate and key as files, for servers that want those."""
        leaf = self.issue(kind)
        certificate, key = folder / f"{kind}.crt", folder / f"{kind}.key"
        certificate.write_bytes(b"".join(blob.bytes() for blob in leaf.cert_chain_pems))
        key.write_bytes(leaf.private_key_pem.bytes())
        return certificate, key


@cache
def authority() -> Authority:
    return Authority(trustme.CA(), trustme.CA())
