"""Which addresses may be probed: the public internet, and what PROBE_ALLOW lists."""

from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address
NAT64 = IPv6Network("64:ff9b::/96")
# a site's own translation prefix, and what site-local addresses were: the standard library calls both global
OF_A_SITE = (IPv6Network("64:ff9b:1::/48"), IPv6Network("fec0::/10"))


@dataclass(frozen=True, slots=True)
class Networks:
    """Networks beside the public internet."""

    listed: tuple[IPv4Network | IPv6Network, ...] = ()

    @classmethod
    def parse(cls, text: str) -> "Networks":
        """From ``127.0.0.0/8, ::1``; ValueError for anything else."""
        return cls(tuple(ip_network(part.strip()) for part in text.split(",") if part.strip()))

    def admit(self, text: str) -> bool:
        """Whether the address *text* may be connected to. A transition address is judged by the IPv4 address in it."""
        address, public = _judge(text)
        return public or any(address in network for network in self.listed)


@lru_cache(maxsize=1024)
def _judge(text: str) -> tuple[Address, bool]:
    """What the address is judged by, and whether that is of the public internet."""
    address = _embedded(ip_address(text))
    return address, _public(address)


def _embedded(address: Address) -> Address:
    if isinstance(address, IPv4Address):
        return address
    if address in NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address


def _public(address: Address) -> bool:
    if any(address in network for network in OF_A_SITE):
        return False
    return address.is_global and not address.is_multicast and not address.is_reserved
