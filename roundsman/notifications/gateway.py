"""Real gateways through Apprise, one URL a channel. Apprise waits for the network, so it does in a thread."""

import asyncio
import logging
import warnings
from functools import lru_cache
from importlib import import_module
from types import ModuleType
from typing import Final
from urllib.parse import quote

from roundsman.errors import InvalidInput
from roundsman.notifications.messages import Channel, Rendered
from roundsman.notifications.sender import NotSent, Sender

# What it logs of a message at finer levels is the message itself, code and all.
logging.getLogger("apprise").setLevel(logging.CRITICAL)

_TO: Final = "{to}"


class GatewayWithoutRecipient(InvalidInput):
    """The URL of a gateway has no place for the recipient, so every message would go to the same one."""

    code = "gateway_without_recipient"


class AppriseSender:
    """Sends what goes over one channel to a gateway.

    In the URL `{to}` stands for the recipient (a phone without its plus), `{code}` for a code alone: Indian gateways such
    as MSG91 want the code for a registered template, not the text. `{dlt}` is the id under which a text is registered.
    """

    def __init__(self, url: str) -> None:
        if _TO not in url:
            raise GatewayWithoutRecipient("The URL of a message gateway needs {to} where the recipient belongs")
        self._url = url

    async def send(self, message: Rendered) -> None:
        """Send a message. Raises NotSent, without the reason: it may hold the gateway's password or the text."""
        if not await asyncio.to_thread(self._send, message):
            raise NotSent(f"The {message.channel} gateway did not take a message")

    def _send(self, message: Rendered) -> bool:
        recipient = quote(message.to.removeprefix("+"), safe="")
        url = (
            self._url.replace(_TO, recipient)
            .replace("{code}", message.code or "")
            .replace("{dlt}", message.dlt_template)
        )
        gateway = _apprise().Apprise()
        subject = message.subject if message.channel is Channel.EMAIL else ""
        return bool(gateway.add(url)) and bool(gateway.notify(body=message.text, title=subject))


@lru_cache(maxsize=1)
def _apprise() -> ModuleType:
    """Load Apprise with the first message: it takes half a second, which no other command should pay for."""
    with warnings.catch_warnings():
        # It imports parts of Python that newer versions lack, and does without them there; some with the first URL only.
        warnings.simplefilter("ignore", DeprecationWarning)
        module = import_module("apprise")
        module.Apprise().add("json://localhost")
        return module


class ChannelSenders:
    """Sends each message over the sender of its channel."""

    def __init__(self, senders: dict[Channel, Sender]) -> None:
        self._senders = senders

    async def send(self, message: Rendered) -> None:
        """Send a message. Raises NotSent."""
        await self._senders[message.channel].send(message)
