"""From whom a request came, where proxies stand between.

Everybody can write `X-Forwarded-For`. What counts in it is what proxies of ours added, and each adds at its right end the
address it was called from. So it is read from the right, and only as long as the address before was a trusted proxy's; the
first that is none is the client's, whatever else stands to the left of it.
"""

import ipaddress
from collections.abc import Sequence
from typing import Final

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from roundsman.errors import InvalidInput

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_MOST_HOPS: Final = 32
_SCHEMES: Final = frozenset({"http", "https"})


class InvalidProxyList(InvalidInput):
    """The list of trusted proxies holds something that is no network."""

    code = "invalid_proxy_list"


def trusted_networks(text: str) -> tuple[Network, ...]:
    """Read `10.0.0.0/8, 127.0.0.1, fd00::/8`; raises InvalidProxyList."""
    try:
        return tuple(ipaddress.ip_network(one.strip()) for one in text.split(",") if one.strip())
    except ValueError as error:
        raise InvalidProxyList(f"ROUNDSMAN_TRUSTED_PROXIES cannot be used: {error}") from error


def client_behind(peer: str, forwarded: Sequence[str], trusted: Sequence[Network]) -> str:
    """Find the client's address; `forwarded` are the values of X-Forwarded-For in the order they came.

    A hop that is no address ends the search at the proxy that added it.
    """
    hops = ",".join(forwarded).rsplit(",", _MOST_HOPS)[-_MOST_HOPS:] if forwarded else []
    client = _address(peer)
    while client is not None and hops and any(client in network for network in trusted):
        hop = _address(hops.pop())
        if hop is None:
            break
        client = hop
    return peer if client is None else str(client)


class ClientBehindProxies:
    """Gives requests the client and the scheme that trusted proxies say; all others keep what they came with."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the application answer for that client."""
        if scope["type"] in {"http", "websocket"} and scope.get("client"):
            scope = {**scope, **_said_by_proxies(scope)}
        await self._app(scope, receive, send)


def _said_by_proxies(scope: Scope) -> dict[str, object]:
    trusted: Sequence[Network] = getattr(scope["app"].state, "trusted_proxies", ())
    peer, port = scope["client"]
    address = _address(peer)
    if address is None or not any(address in network for network in trusted):
        return {}
    headers = Headers(scope=scope)
    said: dict[str, object] = {"client": (client_behind(peer, headers.getlist("x-forwarded-for"), trusted), port)}
    scheme = ",".join(headers.getlist("x-forwarded-proto")).rpartition(",")[2].strip().lower()
    if scheme in _SCHEMES and scope["type"] == "http":
        said["scheme"] = scheme
    return said


def _address(text: str) -> _Address | None:
    """Read an address as proxies write it: with a port, in brackets, or mapped into IPv6."""
    text = text.strip()
    if text.startswith("["):
        text, bracket, _ = text[1:].partition("]")
        text = text if bracket else ""
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address
