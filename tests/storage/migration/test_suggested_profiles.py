"""A drafted profile imports a database that nobody described, and what it did not understand is named."""

import pytest

from roundsman.database.collections import CUSTOMERS, ORDERS, USERS
from roundsman.migration.inspection.findings import Level
from roundsman.migration.inspection.inspector import inspect_source
from roundsman.migration.profile import SourceProfile, parse_profile
from roundsman.migration.sources.mongodb import MongoSource
from roundsman.migration.suggestion.draft_file import draft_file
from roundsman.migration.suggestion.suggesting import suggest_profile
from roundsman.runtime import Runtime
from tests.imports import Database, Import, fill
from tests.shop_shapes import PEOPLE, Shape, mongoose_shop, sample_supplies


async def suggested(source: MongoSource) -> tuple[str, SourceProfile]:
    draft = draft_file(await suggest_profile(source))
    return draft, parse_profile(draft)


@pytest.mark.parametrize("shape", [mongoose_shop(), sample_supplies()], ids=["mongoose", "supplies"])
async def test_a_draft_is_inspected_planned_applied_and_verified_as_it_is(
    runtime: Runtime, source: MongoSource, source_database: Database, shape: Shape
) -> None:
    await fill(source_database, shape)
    _, profile = await suggested(source)

    inspection = await inspect_source(source, profile)
    importing = Import(runtime, source, profile)
    await importing.run()
    verification = await importing.verify()

    assert inspection.worst() is not Level.BLOCKER
    assert [one.check for one in verification.checks if not one.passed] == []
    assert verification.lost == 0
    assert sum(one.in_source for one in verification.accounts) >= PEOPLE


async def test_buyers_of_a_mongoose_shop_become_customers_with_their_orders(
    runtime: Runtime, source: MongoSource, source_database: Database
) -> None:
    shape = mongoose_shop()
    await fill(source_database, shape)
    draft, profile = await suggested(source)
    await Import(runtime, source, profile).run()

    users = {one["_id"]: one async for one in runtime.tx.database[USERS].find({})}
    buyers = {order["user"] for order in shape["orders"]}
    orders = [one async for one in runtime.tx.database[ORDERS].find({})]
    assert {one["name"] for one in users.values()} == {
        f"{one['firstName']} {one['lastName']}" for one in shape["users"]
    }
    assert {one["user_id"] for one in orders} == buyers
    assert len(orders) == len(shape["orders"])
    assert {one["user_id"] async for one in runtime.tx.database[CUSTOMERS].find({})} == buyers
    assert [one["name"] for one in users.values() if "admin" in one["roles"]] == ["Asha Rao"]
    assert {one["status"] for one in orders} == {"delivered", "pending"}
    assert "# Not understood: addresses (list of documents, 100 %)" in draft
    assert "# migrations (1 documents): none of the things that a profile knows" in draft


async def test_customers_without_accounts_are_linked_and_sales_without_ids_are_named(
    runtime: Runtime, source: MongoSource, source_database: Database
) -> None:
    shape = sample_supplies()
    await fill(source_database, shape)
    draft, profile = await suggested(source)
    applied = await Import(runtime, source, profile).run()

    customers = [one async for one in runtime.tx.database[CUSTOMERS].find({})]
    assert len(customers) == len({one["user_id"] for one in customers}) == PEOPLE
    assert {one["email"] for one in customers} == {one["email"] for one in shape["customers"]}
    paise = [one["total_paise"] async for one in runtime.tx.database[ORDERS].find({})]
    lines = [line for sale in shape["sales"] for line in sale["items"]]
    assert sum(paise) == sum(round(line["quantity"] * line["price"].to_decimal() * 100) for line in lines)
    assert applied.findings["order_of_nobody"] == len(shape["sales"])
    assert "# TODO owner: no field leads to a customer or an account" in draft
    assert "customer.email (e-mail, 100 %)" in draft
    assert "# accounts (40 documents): none of the things that a profile knows" in draft
