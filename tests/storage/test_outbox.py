import asyncio
import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from roundsman.database.collections import OUTBOX
from roundsman.database.transaction import Tx, in_transaction
from roundsman.notifications.dispatch import Dispatcher
from roundsman.notifications.gateway import AppriseSender, GatewayWithoutRecipient
from roundsman.notifications.messages import Channel, Message, Rendered, Template
from roundsman.notifications.outbox import MOST_TRIES, claim_next, put
from roundsman.notifications.sealing import SecretUnreadable, seal_secret, unseal_secret
from roundsman.notifications.sender import FileSender, NotSent
from tests.builders import NOW

KEY = b"k" * 32


@dataclass
class Recorder:
    """A gateway that remembers, and refuses as often as told."""

    refusals: int = 0
    sent: list[Rendered] = field(default_factory=list)

    async def send(self, message: Rendered) -> None:
        await asyncio.sleep(0)
        if self.refusals:
            self.refusals -= 1
            raise NotSent("not now")
        self.sent.append(message)


def a_code(key: str = "one", *, until: datetime | None = None) -> Message:
    sealed = seal_secret(KEY, key, "482915")
    return Message(key, Channel.SMS, "+919820012345", Template.CODE, {"minutes": "5"}, sealed, until)


def dispatcher(tx: Tx, sender: Recorder | FileSender, *, at: datetime = NOW) -> Dispatcher:
    return Dispatcher(tx, sender, KEY, lambda: at)


async def test_what_was_put_in_a_transaction_that_failed_is_never_sent(tx: Tx) -> None:
    async def work(tx: Tx) -> None:
        await put(tx, a_code(), now=NOW)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await in_transaction(tx, work)
    assert await dispatcher(tx, Recorder()).send_due() == 0


async def test_many_dispatchers_send_each_message_once_and_forget_its_secret(tx: Tx) -> None:
    recorder = Recorder()
    for number in range(30):
        await put(tx, a_code(str(number)), now=NOW)
    assert not await put(tx, a_code("7"), now=NOW)
    dump = str([document async for document in tx.database[OUTBOX].find()])
    assert "482915" not in dump

    sent = await asyncio.gather(*(dispatcher(tx, recorder).send_due() for _ in range(5)))

    assert (sum(sent), len(recorder.sent)) == (30, 30)
    assert "482915" in recorder.sent[0].text
    assert recorder.sent[0].code == "482915"
    assert await tx.database[OUTBOX].count_documents({"state": "sent", "secret": {"$exists": False}}) == 30


async def test_a_refused_message_is_tried_again_later_and_given_up_in_the_end(tx: Tx) -> None:
    recorder = Recorder(refusals=1)
    await put(tx, a_code(), now=NOW)
    assert await dispatcher(tx, recorder).send_due() == 0
    assert await dispatcher(tx, recorder, at=NOW + timedelta(seconds=1)).send_due() == 0
    assert await dispatcher(tx, recorder, at=NOW + timedelta(seconds=3)).send_due() == 1

    await put(tx, a_code("hopeless"), now=NOW)
    hopeless = Recorder(refusals=100)
    for hour in range(10):
        await dispatcher(tx, hopeless, at=NOW + timedelta(hours=hour)).send_due()
    assert 100 - hopeless.refusals == MOST_TRIES
    given_up = await tx.database[OUTBOX].find_one({"_id": "hopeless"})
    assert given_up is not None
    assert (given_up["state"], "secret" in given_up) == ("given_up", False)


async def test_what_a_dispatcher_died_over_is_taken_by_the_next(tx: Tx) -> None:
    await put(tx, a_code(), now=NOW)
    assert await claim_next(tx, now=NOW)
    assert await claim_next(tx, now=NOW + timedelta(seconds=59)) is None
    assert await claim_next(tx, now=NOW + timedelta(seconds=61))


async def test_a_code_that_counts_no_longer_is_not_sent(tx: Tx) -> None:
    recorder = Recorder()
    await put(tx, a_code(until=NOW + timedelta(minutes=5)), now=NOW)
    assert await dispatcher(tx, recorder, at=NOW + timedelta(minutes=6)).send_due() == 0
    assert recorder.sent == []


async def test_in_development_messages_are_in_a_file_of_their_owner(tx: Tx, tmp_path: Path) -> None:
    await put(tx, a_code(), now=NOW)
    assert await dispatcher(tx, FileSender(tmp_path)).send_due() == 1
    file = tmp_path / "outbox.jsonl"
    assert file.stat().st_mode & 0o777 == 0o600
    line = json.loads(file.read_text("utf-8"))
    assert (line["to"], "482915 is your code" in line["text"]) == ("+919820012345", True)


def test_a_secret_is_read_with_its_key_and_for_its_message_only() -> None:
    sealed = seal_secret(KEY, "one", "482915")
    assert unseal_secret(KEY, "one", sealed) == "482915"
    for key, name in ((b"x" * 32, "one"), (KEY, "two")):
        with pytest.raises(SecretUnreadable):
            unseal_secret(key, name, sealed)


def test_a_gateway_needs_a_place_for_the_recipient() -> None:
    with pytest.raises(GatewayWithoutRecipient):
        AppriseSender("msg91://template@key/919820012345")


async def test_a_gateway_gets_recipient_and_code_in_its_url_and_says_no_more_than_that_it_failed() -> None:
    got = asyncio.Queue[bytes]()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        got.put_nowait(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 500 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1") as server:
        port = server.sockets[0].getsockname()[1]
        gateway = AppriseSender(f"json://127.0.0.1:{port}/{{to}}/{{code}}")
        with pytest.raises(NotSent) as refused:
            await gateway.send(Rendered(Channel.SMS, "+919820012345", "", "482915 is your code", "482915"))
    assert b"/919820012345/482915" in got.get_nowait()
    assert "482915" not in refused.value.message
