"""No request waits longer for the database than whoever asked waits for an answer."""

from collections.abc import AsyncIterator

from fastapi import Request

from roundsman.database.deadline import answer_within
from roundsman.web.services import services_of


async def only_so_long(request: Request) -> AsyncIterator[None]:
    """Let everything the request asks of the database take as long as the settings say, and answer 503 after that.

    It begins when the body has been read, so that a slow line uses nothing of it up.
    """
    with answer_within(services_of(request).database_patience.total_seconds()):
        yield
