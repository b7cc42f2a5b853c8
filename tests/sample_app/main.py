"""An application with every trap of access control, and a clean twin of each. Nobody serves it; it is audited."""

from fastapi import APIRouter, Depends, FastAPI
from starlette.staticfiles import StaticFiles

from tests.sample_app import traps, twins
from tests.sample_app.guards import admin_only, only_at_home, replaced_user

try:
    from tests.sample_app import billing
except ImportError:
    billing = None  # type: ignore[assignment]

try:
    from tests.sample_app import ledger
except ImportError:
    ledger = None  # type: ignore[assignment]

try:
    from tests.sample_app import never_written  # type: ignore[attr-defined]
except ImportError:
    never_written = None

app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
app.middleware("http")(only_at_home)
api = APIRouter(prefix="/api")
api.include_router(traps.router)
api.include_router(traps.of_staff)
api.include_router(traps.doubled, prefix="/doubled_prefix")
api.include_router(twins.router)
api.include_router(twins.outer)
api.include_router(twins.of_office)
app.include_router(api)
if billing is not None:
    app.include_router(billing.router)
if ledger is not None:
    app.include_router(ledger.router)
app.add_route("/no_authentication/starlette", traps.files)
app.mount("/open_files", StaticFiles(directory="."))
app.mount("/sub", traps.sub)
app.mount("/clean/sub", twins.sub)
app.dependency_overrides[replaced_user] = lambda: {"name": "Asha", "role": "admin"}
guarded_app_router = APIRouter(dependencies=[Depends(admin_only)])
guarded_app_router.get("/clean/of_router")(twins.most)
app.include_router(guarded_app_router)
