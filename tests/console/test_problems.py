"""What people see instead of a page: what stood in the way, what to do next, and the id for who looks into the log."""

from contextlib import nullcontext

import pytest
from fastapi import Depends, FastAPI

from roundsman.access.permissions import Permission
from roundsman.access.roles import Role
from roundsman.app import create_app
from roundsman.console.guards import require_page
from roundsman.runtime import Runtime
from tests.console.browsing import Visitors, words_of


@pytest.fixture
def app(runtime: Runtime) -> FastAPI:
    """An application on `runtime` to which a test may add routes."""
    return create_app(lambda: nullcontext(runtime))


async def test_a_refusal_names_the_permission_and_who_has_it(visitors: Visitors) -> None:
    staff, _ = await visitors.somebody(Role.MARKETING_STAFF)
    answer = await staff.open("/users")
    said = words_of(answer)
    assert answer.status_code == 403
    assert "users:read : find any user" in said
    assert "Who has it admin" in said
    assert "Your roles marketing staff" in said
    assert answer.headers["x-request-id"] in said


async def test_what_is_not_there_is_said_in_the_frame_of_who_asks(visitors: Visitors) -> None:
    admin, _ = await visitors.somebody(Role.ADMIN, name="Kiran Rao")
    for path, status, sentence in (
        ("/no/such/page", 404, "Look whether the address is complete"),
        ("/users/ffffffffffffffffffffffff", 404, "There is no such user"),
        ("/users/nonsense", 422, "an id has 24 hexadecimal digits"),
        (
            "/users/ffffffffffffffffffffffff/sessions/ffffffffffffffffffffffff/end",
            405,
            "Look whether the address is complete",
        ),
    ):
        answer = await admin.open(path)
        said = words_of(answer)
        assert answer.status_code == status
        assert sentence in said
        assert "Kiran Rao" in said
        assert 'href="/audit-log"' in answer.text, "his menu"
        assert answer.headers["x-request-id"] in said
        assert "`" not in said
    stranger = await visitors.stranger().open("/no/such/page")
    assert stranger.status_code == 404
    assert "Kiran" not in stranger.text
    assert "/audit-log" not in stranger.text


async def test_what_went_wrong_keeps_the_frame_and_tells_only_the_id(visitors: Visitors, app: FastAPI) -> None:
    @app.get("/broken", dependencies=[Depends(require_page(Permission.USERS_READ))])
    async def broken() -> None:
        raise RuntimeError("a secret of the inside")

    admin, _ = await visitors.somebody(Role.ADMIN, name="Kiran Rao")
    answer = await admin.open("/broken")
    said = words_of(answer)
    assert answer.status_code == 500
    assert "Kiran Rao" in said
    assert "tell whoever runs this server the request id" in said
    assert answer.headers["x-request-id"] in said
    assert "secret" not in answer.text
