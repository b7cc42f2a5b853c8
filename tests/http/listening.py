"""An application whose requests to the database are listened to."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from typing import Any

import pytest
from fastapi import FastAPI
from pymongo import AsyncMongoClient
from pymongo.monitoring import CommandListener

from roundsman.app import create_app
from roundsman.database import connection
from roundsman.database.connection import Client
from roundsman.runtime import open_runtime
from roundsman.settings import Settings
from tests.http.serving import answering


@asynccontextmanager
async def listened_to(
    settings: Settings, listener: CommandListener, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[FastAPI]:
    """Run an application and tell `listener` of everything its driver sends."""

    def with_listener(uri: str, **options: Any) -> Client:  # noqa: ANN401  what the driver takes
        return AsyncMongoClient(uri, **options | {"event_listeners": [listener]})

    monkeypatch.setattr(connection, "AsyncMongoClient", with_listener)
    async with open_runtime(settings) as runtime:
        app = create_app(lambda: nullcontext(runtime))
        async with answering(app):
            yield app
