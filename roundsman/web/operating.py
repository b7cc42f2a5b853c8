"""What a route or a page works with: the database, who asks, as whom he tells, and when that is."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import Depends, Request

from roundsman.audit_log.entries import acting
from roundsman.database.transaction import Tx
from roundsman.ids import UserId
from roundsman.operations.facts.intake import Intake
from roundsman.web.principal import CurrentPrincipal
from roundsman.web.services import client_address, services_of


@dataclass(frozen=True, slots=True)
class Operating:
    """What a route works with: the database, who asks and as whom he tells, and when that is."""

    tx: Tx
    user_id: UserId
    intake: Intake
    now: datetime


async def operating(request: Request, principal: CurrentPrincipal) -> Operating:
    """Put together what the route of this request works with."""
    runtime = services_of(request).runtime
    intake = Intake(acting(principal, address=client_address(request)), runtime.activation)
    return Operating(runtime.tx, principal.user_id, intake, runtime.clock())


Work = Annotated[Operating, Depends(operating)]
