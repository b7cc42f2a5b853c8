import pytest
from hypothesis import given
from hypothesis import strategies as st

from roundsman.web.forwarded import InvalidProxyList, client_behind, trusted_networks

TRUSTED = trusted_networks("10.0.0.0/8, 127.0.0.1,fd00::/8 ,")
ADDRESSES = st.ip_addresses().map(str)
CLIENTS = ADDRESSES.filter(lambda text: client_behind(text, ["192.0.2.1"], TRUSTED) == text)
PROXIES = st.ip_addresses(network="10.0.0.0/8").map(str)


@given(CLIENTS, st.lists(PROXIES, min_size=1, max_size=8), st.lists(st.text(), max_size=5))
def test_the_client_is_the_first_from_the_right_that_is_no_proxy_whatever_he_wrote_himself(
    client: str, proxies: list[str], written: list[str]
) -> None:
    assert client_behind(proxies[-1], [*written, ", ".join([client, *proxies[:-1]])], TRUSTED) == client


@given(CLIENTS, st.lists(st.text(), max_size=5))
def test_who_is_no_proxy_can_write_what_he_likes(client: str, written: list[str]) -> None:
    assert client_behind(client, written, TRUSTED) == client


@given(st.text(), st.lists(st.text()))
def test_no_header_is_a_crash(peer: str, written: list[str]) -> None:
    client_behind(peer, written, TRUSTED)


@pytest.mark.parametrize(
    ("hop", "client"),
    [
        ("203.0.113.7:4711", "203.0.113.7"),
        ("[2001:db8::1]:4711", "2001:db8::1"),
        ("2001:DB8::1", "2001:db8::1"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("[2001:db8::1", "10.0.0.1"),
        ("unknown", "10.0.0.1"),
        ("", "10.0.0.1"),
        ("203.0.113.7, 10.0.0.2", "203.0.113.7"),
        ("203.0.113.7, garbage", "10.0.0.1"),
        ("10.0.0.3, 10.0.0.2", "10.0.0.3"),
        (",".join(["1.1.1.1"] * 100_000), "1.1.1.1"),
    ],
)
def test_hops_are_read_as_proxies_write_them(hop: str, client: str) -> None:
    assert client_behind("10.0.0.1", [hop], TRUSTED) == client


@pytest.mark.parametrize("text", ["10.0.0.0/33", "proxy.example", "10.0.0.1/8"])
def test_a_list_with_something_else_is_refused(text: str) -> None:
    with pytest.raises(InvalidProxyList, match="ROUNDSMAN_TRUSTED_PROXIES"):
        trusted_networks(text)
