from fastapi import APIRouter, Depends

from tests.sample_app.guards import admin_only

router = APIRouter(prefix="/clean/ledger", dependencies=[Depends(admin_only)])


@router.get("/entries")
async def entries() -> None: ...
