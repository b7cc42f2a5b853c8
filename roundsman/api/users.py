"""Finding users."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request

from roundsman.access.permissions import Permission
from roundsman.api.models import problems
from roundsman.api.people import PersonView
from roundsman.operations.people.person import find_person
from roundsman.web.guards import require
from roundsman.web.services import services_of

router = APIRouter(prefix="/users", tags=["users"])


@router.get(
    "/lookup", dependencies=[Depends(require(Permission.USERS_READ))], responses=problems(401, 403, 404, 409, 422)
)
async def lookup(
    request: Request,
    identifier: Annotated[
        str,
        Query(
            min_length=1,
            max_length=254,
            description="A phone in any spelling, an e-mail in any case, any old id, or a user id.",
            examples=["98200 12345"],
        ),
    ],
) -> PersonView:
    """Find the one person behind any identifier. An old id that two people carry is a conflict that names both."""
    return PersonView.model_validate(await find_person(services_of(request).runtime.tx, identifier))
