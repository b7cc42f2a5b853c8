"""Suppliers taken on, and what is said of them from then on: their profiles, and which products they bring."""

from collections.abc import Mapping
from typing import Annotated, Final

from bson import ObjectId
from fastapi import APIRouter, Depends, Request
from pydantic import AfterValidator, BaseModel
from starlette.responses import Response

from roundsman.access.permissions import Permission
from roundsman.catalog.listing import list_active_products
from roundsman.console.conflicts import all_the_same, changed_fields, overtaken, seen_fields, show_conflict
from roundsman.console.fields import Line
from roundsman.console.forms import Form, model_of, read_form, refused
from roundsman.console.guards import require_page
from roundsman.console.rendering import see_other, show
from roundsman.errors import RoundsmanError
from roundsman.identity.lookup import get_user
from roundsman.identity.registration import IdentifierTaken
from roundsman.ids import ProductId, SupplierId, UserId
from roundsman.operations.accounts.profile_editing import edit_supplier
from roundsman.operations.buying.supplier_accounts import SupplierDetails, onboard_supplier, onboard_user
from roundsman.operations.selling.catalog_changes import supply_product
from roundsman.suppliers.gstin import read_gstin
from roundsman.suppliers.linkage import get_supplier, suppliers_called
from roundsman.suppliers.suppliers import Supplier, SupplierEdit, SupplierStatus
from roundsman.web.ids import IdInBody, IdInPath
from roundsman.web.operating import Operating, Work

NEW: Final = "/suppliers/new"
ONE: Final = "/suppliers/{supplier_id}"
_ONBOARDS: Final = [Depends(require_page(Permission.SUPPLIERS_ONBOARD))]
_BUYS: Final = [Depends(require_page(Permission.SUPPLIERS_BUY))]
_MOST_PRODUCTS: Final = 500
_FIELDS: Final = {
    "name": "Name",
    "status": "Status",
    "address": "Address",
    "gstin": "GSTIN",
    "payment_terms": "Payment terms",
}
"""What the office may change of a profile, and what that is called."""

router = APIRouter(include_in_schema=False)


def _gstin(text: str) -> str:
    number = read_gstin(text)
    if number is None:
        raise ValueError("Write 15 characters: state, PAN, and three more, like 29ABCDE1234F1Z5")
    return number


class Profile(BaseModel):
    """What is said of a supplier."""

    name: Line
    address: Line | None = None
    gstin: Annotated[Line, AfterValidator(_gstin)] | None = None
    payment_terms: Line | None = None


class Onboarding(Profile):
    """The same of somebody new, who signs in by a code to his phone or e-mail, or of the user who becomes a supplier."""

    phone: Line | None = None
    email: Line | None = None
    user: IdInBody | None = None


class Editing(Profile):
    """The same from now on, and whether the business buys from him."""

    status: SupplierStatus


class NewQuery(BaseModel):
    """The user who becomes a supplier; none where somebody new is taken on."""

    user: IdInBody | None = None


class Supplying(BaseModel):
    """What he is to bring."""

    product: IdInBody


@router.get(NEW, dependencies=_ONBOARDS, name="onboard_supplier_form_page")
async def ask(request: Request, work: Work) -> Response:
    """Ask who is taken on."""
    query = model_of(NewQuery, dict(request.query_params))
    return await _asked(request, work, query.user, Form())


@router.post(NEW, dependencies=_ONBOARDS, name="onboard_supplier_page")
async def onboard(request: Request, work: Work) -> Response:
    """Take on a supplier: his account and his profile, or only the profile of who has an account."""
    sent = await read_form(request)
    user_id = model_of(NewQuery, sent).user
    try:
        supplier = await _onboarded(work, model_of(Onboarding, sent))
    except IdentifierTaken as taken:
        return await _asked(request, work, user_id, refused(sent, taken), taken=taken.key.partition(":")[2])
    except RoundsmanError as error:
        return await _asked(request, work, user_id, refused(sent, error))
    return see_other(request, f"/suppliers/{supplier.id}", flash="flash.supplier_onboarded")


@router.get(ONE + "/profile", dependencies=_ONBOARDS, name="edit_supplier_form_page")
async def ask_edit(request: Request, supplier_id: IdInPath, work: Work) -> Response:
    """Ask what is to be said of a supplier from now on."""
    supplier = await get_supplier(work.tx, SupplierId(supplier_id))
    return _shown(request, supplier, Form(_said(supplier)), _said(supplier))


@router.post(ONE + "/profile", dependencies=_ONBOARDS, name="edit_supplier_page")
async def edit(request: Request, supplier_id: IdInPath, work: Work) -> Response:
    """Change a profile: only what was changed in the form is written, so that it overrules nobody else's change."""
    sent = await read_form(request)
    supplier, seen = await get_supplier(work.tx, SupplierId(supplier_id)), seen_fields(sent, _FIELDS)
    try:
        asked = model_of(Editing, sent)
        wanted = {name: getattr(asked, name) or "" for name in _FIELDS}
        if differences := overtaken(_FIELDS, seen, _said(supplier), wanted):
            title, on = (
                f"The profile of {supplier.name} has changed",
                all_the_same(f"/suppliers/{supplier.id}", _said(supplier), seen, wanted),
            )
            return show_conflict(request, title, differences, on)
        await edit_supplier(work.tx, supplier.id, _edit(seen, wanted), intake=work.intake, now=work.now)
    except RoundsmanError as error:
        return _shown(request, supplier, refused(sent, error), seen)
    return see_other(request, f"/suppliers/{supplier_id}", flash="flash.saved")


@router.get(ONE + "/products", dependencies=_BUYS, name="supply_product_form_page")
async def ask_product(request: Request, supplier_id: IdInPath, work: Work) -> Response:
    """Ask what he is to bring."""
    return await _shown_products(request, work, supplier_id, Form())


@router.post(ONE + "/products", dependencies=_BUYS, name="supply_product_page")
async def supply(request: Request, supplier_id: IdInPath, work: Work) -> Response:
    """Have him bring a product from now on, instead of whoever did."""
    sent = await read_form(request)
    try:
        product, supplier = ProductId(model_of(Supplying, sent).product), SupplierId(supplier_id)
        await supply_product(work.tx, product, supplier, actor=work.intake.actor, now=work.now)
    except RoundsmanError as error:
        return await _shown_products(request, work, supplier_id, refused(sent, error))
    return see_other(request, f"/suppliers/{supplier_id}", flash="flash.product_supplied")


async def _onboarded(work: Operating, asked: Onboarding) -> Supplier:
    details = SupplierDetails(**asked.model_dump(exclude={"user"}))
    if asked.user is None:
        return await onboard_supplier(work.tx, details, actor=work.intake.actor, now=work.now)
    return await onboard_user(work.tx, UserId(asked.user), details, actor=work.intake.actor, now=work.now)


async def _asked(
    request: Request, work: Operating, user_id: ObjectId | None, form: Form, *, taken: str = ""
) -> Response:
    user = None if user_id is None else await get_user(work.tx, UserId(user_id))
    return show(request, "partners/supplier_new.html", status=form.status, user=user, taken=taken, form=form)


def _shown(request: Request, supplier: Supplier, form: Form, seen: Mapping[str, str]) -> Response:
    return show(
        request,
        "partners/supplier_profile.html",
        status=form.status,
        supplier=supplier,
        seen=seen,
        statuses=list(SupplierStatus),
        form=form,
    )


async def _shown_products(request: Request, work: Operating, supplier_id: ObjectId, form: Form) -> Response:
    supplier = await get_supplier(work.tx, SupplierId(supplier_id))
    products = await list_active_products(work.tx, skip=0, limit=_MOST_PRODUCTS)
    others = [one for one in products if one.supplier_id != supplier.id]
    return show(
        request,
        "partners/supplier_products.html",
        status=form.status,
        supplier=supplier,
        products=others,
        names=await suppliers_called(work.tx, {one.supplier_id for one in others if one.supplier_id is not None}),
        form=form,
    )


def _said(supplier: Supplier) -> dict[str, str]:
    """What a profile says now, as text."""
    return {name: str(getattr(supplier, name) or "") for name in _FIELDS}


def _edit(seen: Mapping[str, str], wanted: Mapping[str, str]) -> SupplierEdit:
    changed = changed_fields(seen, wanted)
    return SupplierEdit(
        name=changed.get("name"),
        status=SupplierStatus(changed["status"]) if "status" in changed else None,
        address=changed.get("address"),
        gstin=changed.get("gstin"),
        payment_terms=changed.get("payment_terms"),
    )
