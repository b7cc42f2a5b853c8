from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from bson import json_util

from roundsman.migration.generator.folder import FolderNotEmpty, read_truth
from roundsman.migration.generator.generating import InvalidScale, World, generate
from roundsman.migration.generator.presets import UnknownPreset
from roundsman.migration.generator.renaming import field_names, rename_folder

PEOPLE = ("users", "customers_v2", "customers", "delivery_boys", "delivery_boys_v2", "suppliers")


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("worlds") / "plan"
    generate(folder, World(preset="plan"))
    return folder


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("worlds") / "market"
    generate(folder, World(preset="market", scale=2, people_only=True))
    return folder


def documents(folder: Path, collection: str) -> Iterator[dict[str, Any]]:
    with (folder / f"{collection}.jsonl").open(encoding="utf-8") as lines:
        for line in lines:
            yield json_util.loads(line)


def all_documents(folder: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    for path in sorted(folder.glob("*.jsonl")):
        for document in documents(folder, path.stem):
            yield path.stem, document


def last_ten(raw: object) -> str | None:
    """The trivial reading of a phone that the generator must be too hard for: its last ten digits, if there are ten."""
    digits = "".join(str(int(sign)) for sign in str(raw).removesuffix(".0") if sign.isdecimal())
    return digits[-10:] if len(digits) >= 10 else None


def people_of(folder: Path) -> dict[tuple[str, str], str]:
    return {(row["collection"], row["_id"]): row["person"] for row in read_truth(folder)}


def phone_equality_precision(folder: Path) -> float:
    persons, on_phone = people_of(folder), defaultdict(list)
    for collection in PEOPLE:
        for document in documents(folder, collection):
            if phone := last_ten(document.get("phone")):
                on_phone[phone].append(persons[collection, str(document["_id"])])
    pairs = [one == other for group in on_phone.values() for one, other in combinations(group, 2)]
    return sum(pairs) / len(pairs)


def file_bytes(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_every_people_document_has_one_person_in_the_truth_file(plan: Path) -> None:
    labelled = [(row["collection"], row["_id"]) for row in read_truth(plan)]
    written = [(c, str(d["_id"])) for c in PEOPLE for d in documents(plan, c)]

    assert Counter(labelled) == Counter(written)


def test_plan_has_the_totals_the_plan_starts_from(plan: Path) -> None:
    users = list(documents(plan, "users"))
    states = Counter(row["state"] for row in read_truth(plan) if row["collection"] == "customers_v2")
    phones = Counter(phone for user in users if (phone := last_ten(user.get("phone"))))
    emails = Counter(user["email"].lower() for user in users)

    assert len(users) == 500
    assert states == {"active": 1800, "churned": 150, "without_user": 50}
    assert 45 <= sum(count for count in phones.values() if count > 1) <= 60
    assert 28 <= sum(count for count in emails.values() if count > 1) <= 34


def test_two_hundred_users_of_plan_are_referenced_nowhere(plan: Path) -> None:
    referenced: set[object] = set()
    phones_of_profiles: set[object] = set()
    for collection, document in all_documents(plan):
        if collection != "users":
            phones_of_profiles.add(last_ten(document.get("phone")))
            referenced |= {
                document.get(key) for key in ("id", "user_id", "customer_id") if _hashable(document.get(key))
            }
            referenced |= {document.get("delivery_boy_id"), document.get("marketing_boy_id")}
    referenced = {str(value) for value in referenced}

    unused = [
        user
        for user in documents(plan, "users")
        if user["role"] == "customer"
        and not user.get("customer_v2_id")
        and not {user["id"], str(user["_id"])} & referenced
        and (last_ten(user["phone"]) not in phones_of_profiles)
    ]

    assert 170 <= len(unused) <= 200


def _hashable(value: object) -> bool:
    return not isinstance(value, list | dict)


def test_the_same_arguments_give_the_same_bytes(tmp_path: Path) -> None:
    worlds = [World(preset=preset, scale=0.2, seed=7) for preset in ("plan", "plan", "market", "market")]
    for index, world in enumerate(worlds):
        generate(tmp_path / str(index), world)

    assert file_bytes(tmp_path / "0") == file_bytes(tmp_path / "1")
    assert file_bytes(tmp_path / "2") == file_bytes(tmp_path / "3")


def test_another_seed_gives_other_people(tmp_path: Path) -> None:
    for seed in (1, 2):
        generate(tmp_path / str(seed), World(scale=0.1, seed=seed, people_only=True))

    assert file_bytes(tmp_path / "1")["users.jsonl"] != file_bytes(tmp_path / "2")["users.jsonl"]


def test_a_larger_world_holds_the_blocks_of_a_smaller_one(tmp_path: Path) -> None:
    generate(tmp_path / "one", World(preset="market", scale=1, people_only=True))
    generate(tmp_path / "two", World(preset="market", scale=2, people_only=True))

    one, two = file_bytes(tmp_path / "one")["users.jsonl"], file_bytes(tmp_path / "two")["users.jsonl"]
    assert two.startswith(one)
    assert len(two) > 1.8 * len(one)


def test_ids_are_unique_across_the_blocks_of_a_world(market: Path) -> None:
    for collection in PEOPLE:
        ids = Counter(str(document["_id"]) for document in documents(market, collection))
        app_ids = Counter(document["id"] for document in documents(market, collection))

        assert max(ids.values()) == 1
        assert max(app_ids.values()) == 1


def test_a_plan_has_at_most_sixty_thousand_orders_and_deliveries(plan: Path) -> None:
    written = Counter(collection for collection, _ in all_documents(plan))

    assert 10_000 < written["orders"] + written["delivery_statuses"] + written["delivery_status"] <= 60_000


def test_phone_equality_alone_is_wrong_more_often_than_right_on_market(market: Path) -> None:
    assert 0.35 <= phone_equality_precision(market) <= 0.50


def test_market_has_about_nine_users_to_ten_customers(market: Path) -> None:
    ratio = sum(1 for _ in documents(market, "users")) / sum(1 for _ in documents(market, "customers_v2"))

    assert 0.85 <= ratio <= 0.95


@pytest.mark.parametrize("preset", ["plan", "market"])
def test_both_presets_set_every_trap(preset: str, request: pytest.FixtureRequest) -> None:
    folder: Path = request.getfixturevalue(preset)
    users, customers = list(documents(folder, "users")), list(documents(folder, "customers_v2"))
    phones = [document.get("phone", "absent") for document in users + customers]
    texts = [phone for phone in phones if isinstance(phone, str)]
    user_ids = {user["id"] for user in users}
    links = [customer.get("user_id", "absent") for customer in customers]

    assert {str, int, float, type(None)} <= {type(phone) for phone in phones}
    assert any(text.endswith(".0") for text in texts)
    assert any("+91-" in text for text in texts)
    assert any("\u00a0" in text for text in texts)
    assert any("\u096f" in text for text in texts)
    assert any("/" in text for text in texts)
    assert "" in texts
    assert "absent" in phones
    assert {"ObjectId", "str", "NoneType"} <= {type(link).__name__ for link in links}
    assert any(isinstance(link, str) and link != "absent" and len(link) == 36 for link in links)
    assert any(customer["id"] in user_ids and not customer.get("user_id") for customer in customers)
    assert any(user["id"].startswith("usr_") for user in users)
    assert {"customer", "delivery_boy", "supplier", "marketing_staff", "admin", "ADMIN"} <= {u["role"] for u in users}
    assert any("password" in user and "password_hash" in user for user in users)
    assert any("password" not in user and "password_hash" not in user for user in users)
    assert any("is_active" not in user for user in users)
    assert any("created_at" not in user for user in users)
    assert any(user["email"].endswith("@earlybird.local") for user in users)
    assert any(not name.isascii() for name in (customer["name"] for customer in customers))


def test_orders_carry_the_users_id_and_both_vocabularies(plan: Path) -> None:
    user_ids = {user["id"] for user in documents(plan, "users")}
    orders = list(documents(plan, "orders"))
    known = sum(order["customer_id"] in user_ids for order in orders)

    assert known / len(orders) > 0.95
    assert {"pending", "cancelled", "DELIVERED", "delivered"} <= {order["status"] for order in orders}


def test_truth_tells_when_a_customer_first_ordered(plan: Path) -> None:
    rows = [row for row in read_truth(plan) if row.get("orders")]

    assert rows
    assert all(row["first_order_at"] <= row["last_order_at"] < "2026-11-01" for row in rows)


def test_a_renamed_world_keeps_its_values_and_none_of_its_names(tmp_path: Path) -> None:
    generate(tmp_path / "world", World(scale=0.1))
    names = {name: f"x_{name}" for name in field_names(tmp_path / "world")}
    names |= {path.stem: f"y_{path.stem}" for path in (tmp_path / "world").glob("*.jsonl")}

    rename_folder(tmp_path / "world", tmp_path / "renamed", names)

    assert all(path.stem.startswith("y_") for path in (tmp_path / "renamed").glob("*.jsonl"))
    assert all(name.startswith(("x_", "y_")) for name in field_names(tmp_path / "renamed"))
    before, after = next(documents(tmp_path / "world", "users")), next(documents(tmp_path / "renamed", "y_users"))
    assert list(before.values()) == list(after.values())
    assert after["_id"] == before["_id"]
    labels = {f"y_{collection}" for collection, _ in people_of(tmp_path / "world")}
    assert {collection for collection, _ in people_of(tmp_path / "renamed")} == labels


def test_a_folder_with_something_in_it_is_refused(tmp_path: Path) -> None:
    (tmp_path / "precious.txt").write_text("keep me")

    with pytest.raises(FolderNotEmpty):
        generate(tmp_path, World(scale=0.1))


def test_unknown_presets_and_scales_too_small_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UnknownPreset):
        generate(tmp_path / "a", World(preset="village"))
    with pytest.raises(InvalidScale):
        generate(tmp_path / "b", World(scale=0.0))
    with pytest.raises(InvalidScale):
        generate(tmp_path / "c", World(scale=float("nan")))


@pytest.mark.parametrize("preset", ["plan", "market"])
@pytest.mark.parametrize("scale", [0.02, 0.03, 1.02])
def test_the_smallest_world_and_the_smallest_rest_can_be_made(tmp_path: Path, preset: str, scale: float) -> None:
    counts = generate(tmp_path / "world", World(preset=preset, scale=scale, people_only=True))

    assert counts["customers_v2"] == round(2000 * scale)


def test_a_rest_too_small_for_a_world_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidScale, match="beyond a whole number"):
        generate(tmp_path / "world", World(scale=1.001))
