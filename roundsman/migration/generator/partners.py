"""Staff, delivery boys and suppliers, and how the existing application recorded them."""

from dataclasses import dataclass, field
from uuid import NAMESPACE_OID, uuid5

from roundsman.migration.generator import passwords
from roundsman.migration.generator.catalogue import Product
from roundsman.migration.generator.chance import happens
from roundsman.migration.generator.folder import Document, FolderWriter
from roundsman.migration.generator.moments import DAY, bson_date, date_text, utc_text
from roundsman.migration.generator.names import varied
from roundsman.migration.generator.phones import written
from roundsman.migration.generator.world import Block, Person

_STAFF_ROLES = ("marketing_staff", "marketing_staff", "admin", "marketing_staff", "manager", "ADMIN")
_OTHER_ROLES = ("superadmin", "delivery_manager", "inventory_manager", "manager", "delivery_ops")
_DELIVERIES_A_WEEK, _REPEATS = 40, 10
_FIRMS = ("Local Dairy Farm", "City Bakery", "Nandi Milk Products", "Sri Ganesh Eggs", "Green Valley Farms")


@dataclass(frozen=True, slots=True)
class Marketer:
    """Who brings customers in; their documents carry his name and his users id."""

    name: str
    app_id: str


@dataclass(slots=True)
class Partners:
    """What the customers and orders of a block refer to."""

    products: tuple[Product, ...]
    marketers: list[Marketer] = field(default_factory=list)
    delivery_boy_ids: list[str] = field(default_factory=list)
    delivery_boy_phones: list[str] = field(default_factory=list)
    supplier_ids: list[str] = field(default_factory=list)
    also_customers: list[Person] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Headcount:
    """How many users documents of staff, delivery boys and suppliers a block gets."""

    staff: int
    delivery_boys: int
    suppliers: int

    @property
    def total(self) -> int:
        """All of them."""
        return self.staff + self.delivery_boys + self.suppliers


def headcount(share: float) -> Headcount:
    """Twenty at the plan's size; never nobody."""
    return Headcount(*(max(1, round(count * share)) for count in (6, 12, 2)))


def record(block: Block, folder: FolderWriter, products: tuple[Product, ...], share: float) -> Partners:
    """Write the staff, delivery boys and suppliers of a block."""
    people, partners = headcount(share), Partners(products)
    for index in range(people.staff):
        _staff(block, folder, partners, index)
    for index in range(people.delivery_boys):
        _delivery_boy(block, folder, partners, index)
    for index in range(people.suppliers):
        _supplier(block, folder, partners, index)
    return partners


def _user(folder: FolderWriter, person: Person, object_id: str, fields: Document) -> None:
    folder.write("users", {"_id": {"$oid": object_id}, **fields})
    folder.label("users", object_id, person.key)


def _staff(block: Block, folder: FolderWriter, partners: Partners, index: int) -> None:
    """People of the office; the first block has the accounts the application's own script makes."""
    rng, person = block.rng, block.person(block.household())
    role = _STAFF_ROLES[index] if index < len(_STAFF_ROLES) else rng.choice(_OTHER_ROLES)
    if index == len(_STAFF_ROLES) - 2:
        role = rng.choice(_OTHER_ROLES)
    is_scripted = block.number == 0 and index in {0, 2}
    app_id = f"{role.split('_')[0]}-001" if is_scripted else f"usr_{block.uuid()}"
    name = person.name.full
    fields: Document = {"id": app_id, "email": f"{name.replace(' ', '.').lower()}{index}@earlybird.com", "name": name}
    fields |= {"role": role, "is_active": True}
    default = "admin123" if role.lower() == "admin" else "marketing123"
    fields |= passwords.fields(rng, person.joined, default, modern=is_scripted)
    if not is_scripted:
        fields |= {"phone": written(rng, person.phone), "created_at": utc_text(person.joined)}
    _user(folder, person, block.object_id(person.joined), fields)
    if role == "marketing_staff":
        partners.marketers.append(Marketer(name, app_id))
        if index == 1:
            partners.also_customers.append(person)


def _delivery_boy(block: Block, folder: FolderWriter, partners: Partners, index: int) -> None:
    """A profile and a user of the same id, the user without a phone; some are in the older collection too."""
    rng, person = block.rng, block.person(block.household())
    app_id = f"db-{block.number * 100 + index + 1:03}" if happens(rng, 0.3) else block.uuid()
    made_up = f"{person.name.full.lower().replace(' ', '_')}@earlybird.com"
    user: Document = {"id": app_id, "email": made_up, "phone": None, "name": person.name.full, "role": "delivery_boy"}
    user |= {"is_active": True, **passwords.fields(rng, person.joined, "delivery123", modern=True)}
    user_object_id = block.object_id(person.joined)
    _user(folder, person, user_object_id, user)
    profile: Document = {"id": app_id, "name": person.name.full, "area_assigned": person.household.area.full_name}
    profile |= {"phone": written(rng, person.phone), "email": made_up, "shift": rng.choice(("morning", "evening"))}
    profile |= {"is_active": True, "created_at": date_text(person.joined), "assigned_areas": []}
    _profile(block, folder, "delivery_boys_v2", person, profile)
    if index % 3 == 0:
        link = user_object_id if happens(rng, 0.6) else None
        _old_delivery_boy(block, folder, person, link, is_retried=index == 0)
    partners.delivery_boy_ids.append(app_id)
    partners.delivery_boy_phones.append(person.phone)
    if index % 4 == 1:
        partners.also_customers.append(person)


def _old_delivery_boy(
    block: Block, folder: FolderWriter, person: Person, user_object_id: str | None, *, is_retried: bool
) -> None:
    """The older collection: counters of earnings in rupees, and at best the user's ObjectId in hex."""
    rng = block.rng
    done = rng.randrange(200, 4000)
    document: Document = {"id": block.uuid(), "name": _name(block, person), "phone": written(rng, person.phone)}
    document |= {"area_assigned": person.household.area.full_name, "status": rng.choice(("active", "on_leave"))}
    document |= {
        "total_deliveries": done,
        "today_deliveries": 0,
        "week_deliveries": _DELIVERIES_A_WEEK,
        "month_deliveries": 150,
    }
    document |= {"total_earnings": done * 50, "month_earnings": 7500.0}
    document |= {"earnings_history": _earnings_history(block, document["id"], is_retried=is_retried)}
    document |= {"payment_frequency": "weekly", "last_payment_amount": 2000}
    document |= {"last_payment_date": bson_date(block.as_of - 9 * DAY)}
    if user_object_id:
        document["user_id"] = user_object_id
    _profile(block, folder, "delivery_boys", person, document)


def _earnings_history(block: Block, boy: str, *, is_retried: bool) -> list[Document]:
    """Fifty rupees for each delivery of a week; a report that was sent ten times was paid as often."""
    orders = [f"ord_{uuid5(NAMESPACE_OID, f'{boy} {number}')}" for number in range(_DELIVERIES_A_WEEK)]
    if is_retried:
        orders[:_REPEATS] = orders[:1] * _REPEATS
    span = 7 * DAY // _DELIVERIES_A_WEEK
    begin = block.as_of - 7 * DAY
    return [
        {"order_id": order, "amount": 50, "date": utc_text(begin + number * span)}
        for number, order in enumerate(orders)
    ]


def _supplier(block: Block, folder: FolderWriter, partners: Partners, index: int) -> None:
    """A firm with its sign-in; one is entered twice, one keeps a link in the users id form."""
    rng, person = block.rng, block.person(block.household())
    firm = f"{person.name.surname.spellings[0]} {rng.choice(_FIRMS)}"
    user_id = block.uuid()
    email = f"{firm.lower().replace(' ', '.')}{block.number}@farm.com"
    user: Document = {"id": user_id, "email": email.title() if index else email, "phone": written(rng, person.phone)}
    user |= {"name": firm, "role": "supplier", "is_active": True, "created_at": date_text(person.joined)}
    user |= passwords.fields(rng, person.joined, "earlybird2025", modern=False)
    _user(folder, person, block.object_id(person.joined), user)
    for repeat in range(2 if index == 1 else 1):
        profile: Document = {"id": f"sup_{block.uuid()}" if repeat else block.uuid(), "name": firm, "email": email}
        profile |= {"phone": written(rng, person.phone), "address": person.household.address}
        profile |= {
            "products_supplied": [product.app_id for product in partners.products[:3]],
            "payment_terms": "Weekly payment",
        }
        profile |= {"is_active": True} | ({} if index or repeat else {"user_id": user_id})
        _profile(block, folder, "suppliers", person, profile)
        partners.supplier_ids.append(profile["id"])


def _profile(block: Block, folder: FolderWriter, collection: str, person: Person, fields: Document) -> None:
    object_id = block.object_id(person.joined)
    folder.write(collection, {"_id": {"$oid": object_id}, **fields})
    folder.label(collection, object_id, person.key)


def _name(block: Block, person: Person) -> str:
    return varied(block.rng, person.name) if happens(block.rng, block.preset.varied_names) else person.name.full
