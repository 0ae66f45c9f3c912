"""Which addresses may be probed."""

import pytest

from server.checks.networks import Networks

INTERNET = ("192.0.1.1", "8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808")
NOT_THE_INTERNET = (
    *("127.0.0.1", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "192.0.2.7"),
    *("224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255", "::", "::1", "fe80::1", "fc00::1", "ff02::1"),
    *("2001:db8::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::1", "::127.0.0.1"),
    *("64:ff9b:1::7f00:1", "fec0::1", "2001::1", "100::1", "198.18.0.1", "192.0.0.1"),
)


@pytest.mark.parametrize("address", INTERNET)
def test_the_internet_is_allowed(address: str) -> None:
    assert Networks().admit(address)


@pytest.mark.parametrize("address", NOT_THE_INTERNET)
def test_nothing_else_is(address: str) -> None:
    assert not Networks().admit(address)


def test_listed_networks_are_allowed_in_every_disguise() -> None:
    listed = Networks.parse("127.0.0.0/8, ::1,10.1.0.0/16")
    for address in ("127.0.0.1", "::1", "10.1.2.3", "::ffff:127.0.0.1", "64:ff9b::7f00:1"):
        assert listed.admit(address)
    for address in ("10.2.0.1", "::2"):
        assert not listed.admit(address)


@pytest.mark.parametrize("text", ["localhost", "10.0.0.1/8", "10.0.0.0/33", "1", "::/129"])
def test_what_is_no_network_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=text.split("/")[0]):
        Networks.parse(text)
