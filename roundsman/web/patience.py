"""No request waits longer for the database than whoever asked waits for an answer."""

from starlette.types import ASGIApp, Receive, Scope, Send

from roundsman.database.deadline import answer_within
from roundsman.web.services import Services


class DatabasePatience:
    """Lets everything a request asks of the database take as long as the settings say; after that it is 503.

    It counts from the beginning, for bodies are small and so come at once, over slow lines too.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer in that time, or let the error of the database be answered."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        services: Services = scope["app"].state.services
        with answer_within(services.database_patience.total_seconds()):
            await self._app(scope, receive, send)
