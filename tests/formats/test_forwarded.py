"""Client addresses through proxies, Host, and the forwarding fields."""

from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yett.formats.forwarded import HOPS_MOST, Networks, address_of, client_address, fresh_lines, host_of, same_authority
from yett.formats.http1 import Refused

TRUSTED = Networks(("10.0.0.0/8", "2001:db8::/32"))
ADDRESSES = st.one_of(st.ip_addresses(v=4, network="10.0.0.0/8"), st.ip_addresses()).map(str)


def test_without_trusted_proxies_nothing_is_believed() -> None:
    assert client_address("192.0.2.1", b"203.0.113.9", Networks()) == "192.0.2.1"
    assert client_address("10.0.0.1", None, TRUSTED) == "10.0.0.1"
    assert client_address("192.0.2.1", b"203.0.113.9", TRUSTED) == "192.0.2.1"


@pytest.mark.parametrize(
    ("chain", "client"),
    [
        (b"203.0.113.9", "203.0.113.9"),
        (b"198.51.100.7, 203.0.113.9", "203.0.113.9"),
        (b"203.0.113.9, 10.1.1.1,10.2.2.2", "203.0.113.9"),
        (b"10.9.9.9, 10.1.1.1", "10.9.9.9"),
        (b"203.0.113.9:4711", "203.0.113.9"),
        (b"[2a00::1]:443, 2001:db8::5", "2a00::1"),
        (b'"[2a00::1]"', "2a00::1"),
        (b"2A00:0::1", "2a00::1"),
        (b"::ffff:203.0.113.9", "203.0.113.9"),
        (b"::ffff:203.0.113.9, ::ffff:10.0.0.9", "203.0.113.9"),
        (b"203.0.113.9, unknown, 10.1.1.1", "10.1.1.1"),
        (b"unknown", "10.0.0.1"),
        (b"", "10.0.0.1"),
        (b"203.0.113.9,", "10.0.0.1"),
        (b"203.0.113.9:port", "10.0.0.1"),
        (b"[2a00::1", "10.0.0.1"),
        (b"[2a00::1]x", "10.0.0.1"),
        (b"fe80::1%eth0", "10.0.0.1"),
        (b"203.0.113.9\xff", "10.0.0.1"),
        (b"1" * 65, "10.0.0.1"),
    ],
)
def test_the_walk(chain: bytes, client: str) -> None:
    assert client_address("10.0.0.1", chain, TRUSTED) == client


def test_peers_that_are_mapped_or_no_address() -> None:
    assert client_address("::ffff:10.0.0.1", b"203.0.113.9", TRUSTED) == "203.0.113.9"
    assert client_address("", b"203.0.113.9", TRUSTED) == ""


def test_the_walk_is_bounded() -> None:
    chain = b"203.0.113.9, " + b", ".join([b"10.1.1.1"] * HOPS_MOST)
    assert client_address("10.0.0.1", chain, TRUSTED) == "10.1.1.1"
    assert client_address("10.0.0.1", b"," * 1_000_000, TRUSTED) == "10.0.0.1"


@given(st.lists(ADDRESSES, min_size=1, max_size=6))
def test_the_client_is_the_last_one_that_is_not_trusted(chain: list[str]) -> None:
    normal = [address_of(entry) for entry in chain]
    strangers = [entry for entry in normal if entry is not None and entry not in TRUSTED]
    expected = strangers[-1] if strangers else normal[0]
    assert client_address("10.0.0.1", ", ".join(chain).encode(), TRUSTED) == expected


@given(st.binary(max_size=60))
def test_garbage_never_raises_and_gives_an_address(chain: bytes) -> None:
    assert ip_address(client_address("10.0.0.1", chain, TRUSTED))


def test_networks() -> None:
    assert not Networks()
    assert "10.255.0.1" in TRUSTED and "11.0.0.1" not in TRUSTED and "2001:db8:1::" in TRUSTED and "x" not in TRUSTED
    with pytest.raises(ValueError):
        Networks(("10.0.0.1/8",))


def test_fresh_lines() -> None:
    assert fresh_lines("203.0.113.9", "https", b"api.example:8443") == (
        b'forwarded: for=203.0.113.9;host="api.example:8443";proto=https\r\n'
        b"x-forwarded-for: 203.0.113.9\r\nx-forwarded-proto: https\r\nx-forwarded-host: api.example:8443\r\n"
    )
    assert b'for="[2a00::1]";' in fresh_lines("2a00::1", "http", b"h")
    assert b"x-forwarded-for: 2a00::1\r\n" in fresh_lines("2a00::1", "http", b"h")
    assert fresh_lines("", "http", b"h").startswith(b'forwarded: for=unknown;host="h"')


@pytest.mark.parametrize(
    ("value", "host", "port"),
    [
        (b"api.example", "api.example", None),
        (b"API.Example:8080", "api.example", 8080),
        (b"api.example.", "api.example", None),
        (b"my_service-1:80", "my_service-1", 80),
        (b"127.0.0.1:1", "127.0.0.1", 1),
        (b"255.255.255.255", "255.255.255.255", None),
        (b"0.0.0.0", "0.0.0.0", None),
        (b"[::1]", "::1", None),
        (b"[2A00:0:0::1]:65535", "2a00::1", 65_535),
        (b"[::ffff:127.0.0.1]", str(IPv6Address("::ffff:127.0.0.1")), None),
        (b"1.example", "1.example", None),
        (b"a" * 63 + b".example", "a" * 63 + ".example", None),
    ],
)
def test_hosts(value: bytes, host: str, port: int | None) -> None:
    assert host_of(value) == (host, port)


@pytest.mark.parametrize(
    "value",
    [
        *(
            b"",
            b".",
            b"..",
            b"a..b",
            b".a",
            b"a b",
            b"a\tb",
            b"a,b",
            b"a/b",
            b"a\\b",
            b"a@b",
            b"a%41",
            b"a:",
            b"a:b",
            b"a:0",
            b"a:65536",
        ),
        *(
            b"a:1:2",
            b"a:123456",
            b"\xc3\xa9",
            b"a\x00",
            b"[::1",
            b"::1",
            b"[::1]x",
            b"[::1%25eth0]",
            b"[fe80::1%1]",
            b"[v1.a]",
            b"[:::]",
        ),
        *(b"127.1", b"2130706433", b"0x7f.1", b"0x7f000001", b"1.2.3.256", b"01.2.3.4", b"1.2.3.4.5", b"a.1", b"-a", b"a.-b"),
        *(b"a" * 64, b"a." * 130, b".".join([b"a" * 60] * 5), b"a" * 300, b"a?", b"a#", b"*.a", b"a;b", b"'a'"),
    ],
)
def test_hosts_refused(value: bytes) -> None:
    with pytest.raises(Refused) as refusal:
        host_of(value)
    assert refusal.value.status == 400


@given(st.binary(max_size=24))
def test_hosts_are_of_plain_characters_whatever_comes(value: bytes) -> None:
    try:
        host, port = host_of(value)
    except Refused:
        return
    assert host == host.lower() and host.isascii()
    assert not set(host) - set("abcdefghijklmnopqrstuvwxyz0123456789-_.:")
    assert port is None or 0 < port < 65_536


@given(st.ip_addresses(), st.integers(1, 65_535))
def test_addresses_are_hosts(address: IPv4Address | IPv6Address, port: int) -> None:
    text = f"[{address}]" if address.version == 6 else str(address)
    assert host_of(f"{text}:{port}".encode()) == (str(IPv6Address(address)) if address.version == 6 else str(address), port)


def test_same_authority() -> None:
    assert same_authority(b"a", b"a", "http")
    assert same_authority(b"A:80", b"a.", "http")
    assert same_authority(b"a:443", b"a", "https")
    assert not same_authority(b"a:443", b"a", "http")
    assert not same_authority(b"a", b"b", "http")
    with pytest.raises(Refused):
        same_authority(b"a", b"b c", "http")
