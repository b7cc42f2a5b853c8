"""Suppliers and delivery boys taken on, and their profiles changed, on the pages."""

from roundsman.access.roles import Role
from roundsman.catalog.listing import list_products_of
from roundsman.database.transaction import Tx
from roundsman.suppliers.linkage import get_supplier
from roundsman.suppliers.suppliers import SupplierStatus
from tests.builders import a_user
from tests.console.browsing import Visitors, words_of
from tests.console.dairy import settle_dairy
from tests.http.people import settle


async def test_a_supplier_is_taken_on_with_what_he_brings(visitors: Visitors, tx: Tx) -> None:
    nandi = await settle_dairy(tx)
    (milk,) = await list_products_of(tx, nandi.id, skip=0, limit=9)
    admin, _ = await visitors.somebody(Role.ADMIN)
    new = {"name": "Kaveri Farms", "phone": "98200 54321", "gstin": "29abcde1234f1z5"}
    page = await admin.open("/suppliers/new")
    wrong = await admin.send(page, "/suppliers/new", **new | {"gstin": "29"})
    assert (wrong.status_code, "15 characters" in wrong.text, 'value="98200 54321"' in wrong.text) == (422, True, True)
    nowhere = await admin.send(page, "/suppliers/new", **new | {"phone": ""})
    assert (nowhere.status_code, "needs a phone or an e-mail" in words_of(nowhere)) == (422, True)
    path = (await admin.send(page, "/suppliers/new", **new)).headers["location"]
    said = words_of(await admin.open(path))
    assert "Kaveri Farms active" in said
    assert "GSTIN 29ABCDE1234F1Z5" in said
    again = await admin.send(page, "/suppliers/new", **new | {"gstin": ""})
    assert (again.status_code, 'href="/users?q=%2B919820054321"' in again.text) == (409, True)
    products = f"{path}/products"
    asked = await admin.open(products)
    assert "Buffalo milk, litre, now Nandi Dairy" in words_of(asked)
    assert (await admin.send(asked, products, product="")).status_code == 422
    assert (await admin.send(asked, products, product=str(milk.id))).status_code == 303
    assert "Buffalo milk litre ₹64" in words_of(await admin.open(path))


async def test_a_user_becomes_a_supplier_and_a_delivery_boy_besides(visitors: Visitors, tx: Tx) -> None:
    user = await settle(tx, a_user("Meera Rao", roles=(Role.CUSTOMER, Role.DELIVERY_BOY)), phone="+919731100009")
    admin, _ = await visitors.somebody(Role.ADMIN)
    page = await admin.open(f"/users/{user.id}")
    for new in ("/suppliers/new", "/delivery-boys/new"):
        assert f'href="{new}?user={user.id}"' in page.text
        form = await admin.open(f"{new}?user={user.id}")
        made = await admin.send(form, new, name="Meera's Bakery", areas="HSR")
        assert made.status_code == 303
        refused = await admin.send(form, new, name="Meera's Bakery", areas="HSR")
        assert (refused.status_code, "Make Meera Rao a" in words_of(refused)) == (409, True)
    said = words_of(await admin.open(f"/users/{user.id}"))
    assert "Meera Rao Delivery boy active Meera's Bakery Supplier active" in said
    assert "Make him" not in said


async def test_a_profile_is_changed_where_it_was_wanted_and_nobody_is_overruled(visitors: Visitors, tx: Tx) -> None:
    supplier = await settle_dairy(tx)
    admin, _ = await visitors.somebody(Role.ADMIN)
    path = f"/suppliers/{supplier.id}/profile"
    page = await admin.open(path)
    said = {"name": "Nandi Dairy", "status": "active", "address": "", "gstin": "", "payment_terms": ""}
    wrong = await admin.send(page, path, **said | {"gstin": "none", "address": "4 Market Road"})
    assert (wrong.status_code, 'value="4 Market Road"' in wrong.text) == (422, True)
    assert (await admin.send(page, path, **said | {"address": "4 Market Road"})).status_code == 303
    # The form was open all the while: what somebody else changed since stays, and is shown where both changed the same.
    assert (await admin.send(page, path, **said | {"status": "inactive"})).status_code == 303
    now = await get_supplier(tx, supplier.id)
    assert (now.address, now.status) == ("4 Market Road", SupplierStatus.INACTIVE)
    conflict = await admin.send(page, path, **said | {"address": "9 Temple Road"})
    assert conflict.status_code == 409
    assert "Address 4 Market Road 9 Temple Road" in words_of(conflict)
    assert (await admin.send(conflict, path)).status_code == 303
    now = await get_supplier(tx, supplier.id)
    assert (now.address, now.status) == ("9 Temple Road", SupplierStatus.INACTIVE)


async def test_a_delivery_boy_is_registered_and_delivers_elsewhere_later(visitors: Visitors) -> None:
    admin, _ = await visitors.somebody(Role.ADMIN)
    new = "/delivery-boys/new"
    page = await admin.open(new)
    wrong = await admin.send(page, new, name="Ravi Rao", phone="12", areas="HSR")
    assert (wrong.status_code, 'value="Ravi Rao"' in wrong.text) == (422, True)
    made = await admin.send(page, new, name="Ravi Rao", phone="98200 54321", areas="HSR\r\nBTM, stage 2\r\n")
    path = made.headers["location"]
    assert "Areas HSR, BTM, stage 2" in words_of(await admin.open(path))
    profile = f"{path}/profile"
    page = await admin.open(profile)
    assert "HSR\nBTM, stage 2</textarea>" in page.text
    changed = await admin.send(page, profile, name="Ravi Rao", areas="HSR\r\nKoramangala")
    assert changed.status_code == 303
    assert "Areas HSR, Koramangala" in words_of(await admin.open(path))
    conflict = await admin.send(page, profile, name="Ravi Rao", areas="")
    assert (conflict.status_code, "Areas HSR BTM, stage 2 HSR Koramangala" in words_of(conflict)) == (409, True)
    assert (await admin.send(conflict, profile)).status_code == 303
    assert "Areas" not in words_of(await admin.open(path))
