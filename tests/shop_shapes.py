"""Two public shapes of shop databases, as their projects publish them, filled with invented people.

`mongoose_shop` is the shape of the many sample shops written with Mongoose. `sample_supplies` puts together the shapes of
MongoDB's own sample_analytics and sample_supplies.
"""

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

from bson import Decimal128, ObjectId

from tests.migration_builders import object_id

Fields = dict[str, Any]
Shape = dict[str, list[Fields]]

_FIRST = ("Asha", "Binod", "Chitra", "Deepa", "Eshan", "Farida", "Gopal", "Hema", "Imran", "Jyoti", "Kiran", "Latha")
_LAST = ("Rao", "Das", "Nair", "Iyer", "Shah", "Khan", "Menon", "Patil", "Bose", "Reddy")
_THINGS = ("Toned Milk", "Brown Bread", "Paneer", "Curd", "Ghee", "Eggs")
_BORN = datetime(2026, 1, 5, 9, 30, tzinfo=UTC)
PEOPLE = 40


def mongoose_shop() -> Shape:
    """`users`, `products`, `orders` and `reviews`, in camelCase and linked by ObjectId; every third user never ordered."""
    products = [
        {
            "_id": object_id(name),
            "user": _user_id(0),
            "name": name,
            "brand": "Own",
            "price": 20.5 + n,
            "countInStock": n,
        }
        for n, name in enumerate(_THINGS)
    ]
    users = [_mongoose_user(n) for n in range(PEOPLE)]
    orders = [_mongoose_order(n, products) for n in range(90)]
    reviews = [{"_id": object_id(f"r{n}"), "user": _user_id(n), "rating": n % 5, "comment": "good"} for n in range(12)]
    return {
        "users": users,
        "products": products,
        "orders": orders,
        "reviews": reviews,
        "migrations": [{"_id": 1, "v": 3}],
    }


def _user_id(n: int) -> ObjectId:
    return object_id(f"user {n}", days_old=300)


def _name(n: int) -> tuple[str, str]:
    return _FIRST[n % len(_FIRST)], _LAST[(n * 7) % len(_LAST)]


def _bcrypt(n: int) -> str:
    return "$2a$10$" + hashlib.sha512(str(n).encode()).hexdigest()[:53]


def _mongoose_user(n: int) -> Fields:
    first, last = _name(n)
    return {
        "_id": _user_id(n),
        "firstName": first,
        "lastName": last,
        "email": f"{first}.{last}{n}@mail.com",
        "phoneNumber": f"98450{n * 317 + 10007:05d}",
        "passwordHash": _bcrypt(n),
        "isAdmin": n == 0,
        "addresses": [{"street": f"{n} MG Road", "city": "Bengaluru", "zip": "560001"}],
        "createdAt": _BORN + timedelta(days=n),
        "__v": 0,
    }


def _mongoose_order(n: int, products: list[Fields]) -> Fields:
    chosen = [products[n % 6], products[(n * 5 + 1) % 6]]
    lines = [{"product": one["_id"], "name": one["name"], "qty": 2, "price": one["price"]} for one in chosen]
    buyer, delivered = (n * 3 % PEOPLE) // 3 * 3 % PEOPLE, n % 4 != 0
    return {
        "_id": object_id(f"order {n}"),
        "user": _user_id(buyer or 1),
        "orderItems": lines,
        "shippingAddress": {"address": "1 MG Road", "city": "Bengaluru", "postalCode": "560001"},
        "totalPrice": sum(2 * one["price"] for one in chosen),
        "isPaid": True,
        "paidAt": _BORN + timedelta(days=n + 60),
        "isDelivered": delivered,
        **({"deliveredAt": _BORN + timedelta(days=n + 62)} if delivered else {}),
        "createdAt": _BORN + timedelta(days=n + 60),
    }


def sample_supplies() -> Shape:
    """`customers`, `accounts` and `sales`: no passwords, no phones, orders that name their buyer by e-mail only."""
    customers = [
        {
            "_id": object_id(f"customer {n}"),
            "username": f"{_name(n)[0].lower()}{n}",
            "name": " ".join(_name(n)),
            "address": f"{n} Church Street\nBengaluru, KA 5600{n:02d}",
            "birthdate": datetime(1980, 1, 1, tzinfo=UTC) + timedelta(days=n * 91),
            "email": f"{_name(n)[0].lower()}{n}@hotmail.com",
            "active": n % 5 != 0,
            "accounts": [371138 + n, 557378 + n],
            "tier_and_details": {"0df078f33aa74a2e9696e0520c1a828a": {"tier": "Gold", "active": True}},
        }
        for n in range(PEOPLE)
    ]
    accounts = [
        {"_id": object_id(f"a{n}"), "account_id": 371138 + n, "limit": 9000, "products": ["Brokerage"]}
        for n in range(PEOPLE)
    ]
    return {"customers": customers, "accounts": accounts, "sales": [_sale(n) for n in range(60)]}


def _sale(n: int) -> Fields:
    return {
        "_id": object_id(f"sale {n}"),
        "saleDate": _BORN + timedelta(days=n),
        "items": [
            {"name": thing, "tags": ["school"], "price": Decimal128(f"{n + 10}.45"), "quantity": 2}
            for thing in _THINGS[: 1 + n % 3]
        ],
        "storeLocation": "Bengaluru",
        "customer": {
            "gender": "F",
            "age": 42,
            "email": f"{_name(n)[0].lower()}{n % PEOPLE}@hotmail.com",
            "satisfaction": 4,
        },
        "couponUsed": False,
        "purchaseMethod": "Online",
    }
