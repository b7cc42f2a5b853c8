"""How the existing application's writers recorded the customers among the true people.

Each person's users document and first customers document know of each other in one of the application's ways, or not at
all; phones, e-mails, names, ids and dates come out in the form of the writer that happened to be at work.
"""

from dataclasses import dataclass, field
from typing import Any

from roundsman.migration.generator import passwords
from roundsman.migration.generator.chance import happens, pick
from roundsman.migration.generator.folder import Document, FolderWriter
from roundsman.migration.generator.moments import (
    DAY,
    bson_date,
    date_text,
    naive_local_text,
    naive_utc_text,
    utc_text,
)
from roundsman.migration.generator.names import cased, varied
from roundsman.migration.generator.partners import Partners
from roundsman.migration.generator.phones import stripped, unusable, written
from roundsman.migration.generator.places import rewritten
from roundsman.migration.generator.world import Account, Block, Person

_WRONG_TYPES: tuple[Any, ...] = ("", 12345, [], {}, False, 0)
_LINKS_OF_FURTHER = {"customer_only": 30, "hex": 10, "object_id": 4, "wiped": 28, "none": 28}
_ROLES = ("CUSTOMER", "Customer", "customer ")


@dataclass(slots=True)
class WrittenUser:
    """A users document that stands in the folder."""

    object_id: str
    app_id: str
    person: Person
    is_used: bool
    is_main: bool = True


@dataclass(slots=True)
class WrittenCustomer:
    """A customers_v2 document that stands in the folder; `user` is whose orders are for it."""

    object_id: str
    app_id: str
    person: Person
    user: WrittenUser | None
    address: str
    born: int
    is_churned: bool
    delivery_boy_id: str

    @property
    def state(self) -> str:
        """The plan's three kinds of customers: active, churned, or without any user."""
        if not self.person.has_user_at_home:
            return "without_user"
        return "churned" if self.is_churned else "active"


@dataclass(slots=True)
class Written:
    """What the other collections of the block refer to."""

    users: list[WrittenUser] = field(default_factory=list)
    customers: list[WrittenCustomer] = field(default_factory=list)


class Clerk:
    """Writes the people of one block down."""

    def __init__(self, block: Block, folder: FolderWriter, partners: Partners) -> None:
        self._block, self._folder, self._partners = block, folder, partners
        self._rng = block.rng
        self._seeded = self._unusable = 0
        self.written = Written()

    def record(self, person: Person) -> None:
        """Write every document of one person."""
        link = self._link(person)
        customer_ids = [self._customer_id(link) for _ in range(person.customers)]
        users = [self._user(person, account, link, customer_ids) for account in person.accounts]
        for index, customer_id in enumerate(customer_ids):
            user, is_churned = users[0] if users else None, index < person.churned_customers
            self._customer(person, customer_id, user, link if index == 0 else "further", is_churned=is_churned)
        if person.is_in_old_customers:
            self._old_customer(person)

    def _link(self, person: Person) -> str:
        if not person.accounts or not person.customers:
            return "none"
        links = self._block.preset.links
        return self._rng.choices(tuple(links), weights=tuple(links.values()))[0]

    def _customer_id(self, link: str) -> str:
        if link == "none" and happens(self._rng, 0.5):
            self._seeded += 1
            return f"cust-{self._block.number * 5000 + self._seeded:03}"
        return self._block.uuid()

    # Names, phones and e-mails as they are typed

    def _name(self, person: Person, *, chance: float | None = None) -> str:
        rng = self._rng
        wanted = self._block.preset.varied_names if chance is None else chance
        if happens(rng, wanted):
            text = varied(rng, person.name)
            if self._block.may_vary(person.phone, text):
                return text
        self._block.may_vary(person.phone, person.name.full)
        return cased(rng, person.name.full)

    def _phone(self, person: Person) -> str | float | None:
        rng = self._rng
        if not person.has_clean_phone and happens(rng, self._block.preset.unusable_phones):
            self._unusable += 1
            return unusable(self._unusable, person.phone, person.second_phone)
        return written(rng, person.phone)

    def _email(self, person: Person) -> str | None:
        """The person's address; sometimes in the case a keyboard chose."""
        if person.email is None:
            return None
        email = person.email
        return pick(self._rng, {email: 91, email.title().replace(".Com", ".com"): 6, email.upper(): 3})

    # users

    def _user(self, person: Person, account: Account, link: str, customer_ids: list[str]) -> WrittenUser:
        rng, block = self._rng, self._block
        is_main = account.kind == "main"
        born = person.joined if is_main else min(person.joined + rng.randrange(1, 90) * DAY, block.as_of - DAY)
        if not is_main and not account.is_used:
            born = person.joined + rng.randrange(DAY // 24)
        object_id = block.object_id(born)
        is_imported = is_main and link == "same_id"
        app_id = customer_ids[0] if is_imported else self._user_id()
        document: Document = {"_id": {"$oid": object_id}, "id": app_id}
        document |= self._contacts(person, account, app_id, is_imported=is_imported)
        document |= self._standing(person, is_clean=not account.is_used)
        document |= self._made(born, app_id, is_imported=is_imported, link=link if is_main else "none")
        if is_main:
            document |= self._link_to_customer(link, customer_ids)
        self._folder.write("users", document)
        self._folder.label("users", object_id, person.key)
        user = WrittenUser(object_id, app_id, person, account.is_used, is_main)
        self.written.users.append(user)
        return user

    def _user_id(self) -> str:
        return f"usr_{self._block.uuid()}" if happens(self._rng, 0.3) else self._block.uuid()

    def _contacts(self, person: Person, account: Account, app_id: str, *, is_imported: bool) -> Document:
        rng = self._rng
        phone, email = self._phone(person), self._email(person)
        phone = stripped(phone) if is_imported else phone
        if account.kind == "same_email":
            phone = None if happens(rng, 0.4) else written(rng, person.second_phone)
            email = person.email.title().replace(".Com", ".com") if person.email else None
        elif any(other.kind == "same_email" for other in person.accounts):
            email = person.email
        elif is_imported:
            compact = f"{person.name.full.replace(' ', '')}{app_id[:4]}@earlybird.com"
            made_up = f"{phone}@customer.earlybird.com" if phone else compact
            email = email if email and happens(rng, 0.25) else made_up
        elif email is None or (account.kind == "same_phone" and happens(rng, 0.9)):
            email = self._made_up_email(person, app_id)
        elif account.kind == "same_phone":
            email = email.swapcase()
        return {"email": email, "phone": phone, "name": self._name(person, chance=0.0 if is_imported else None)}

    def _made_up_email(self, person: Person, app_id: str) -> str:
        if happens(self._rng, 0.7):
            return f"customer-{app_id}@earlybird.local"
        return f"{person.name.full.lower().replace(' ', '_')}_{app_id[-4:]}@earlybird.com"

    def _standing(self, person: Person, *, is_clean: bool) -> Document:
        """Role and is_active; what nobody ever used keeps the plain role it was made with."""
        rng = self._rng
        document: Document = {"role": "customer"}
        if not is_clean and happens(rng, 0.012):
            document["role"] = rng.choice(_ROLES)
        if happens(rng, 0.92):
            document["is_active"] = not (person.is_silent and happens(rng, 0.5)) and happens(rng, 0.99)
        return document

    def _made(self, born: int, app_id: str, *, is_imported: bool, link: str) -> Document:
        """Password fields and created_at, by the writer that made the document."""
        rng = self._rng
        if is_imported:
            return passwords.fields(rng, born, "customer123", modern=True)
        if app_id.startswith("usr_"):
            return {**passwords.fields(rng, born, "customer123", modern=False), "created_at": utc_text(born)}
        if link in {"both", "wiped", "user_only"}:
            return {**passwords.fields(rng, born, "earlybird2025", modern=True), "created_at": naive_utc_text(born)}
        return {**passwords.fields(rng, born, "customer123", modern=False), "created_at": date_text(born)}

    def _link_to_customer(self, link: str, customer_ids: list[str]) -> Document:
        rng = self._rng
        if link in {"both", "user_only"}:
            return {"customer_v2_id": customer_ids[0]}
        if link == "wiped":
            return {"customer_v2_id": None, "users_migrated_at": naive_local_text(self._block.as_of - 200 * DAY)}
        if link == "dangling" and happens(rng, 0.5):
            return {"customer_v2_id": self._block.uuid()}
        if link == "none" and customer_ids and self.written.customers and happens(rng, 0.01):
            return {"customer_v2_id": rng.choice(self.written.customers).app_id}  # somebody else's
        return {"customer_v2_id": None} if happens(rng, 0.3) else {}

    # customers_v2

    def _customer(self, person: Person, app_id: str, user: WrittenUser | None, link: str, *, is_churned: bool) -> None:
        rng, block = self._rng, self._block
        born = min(person.joined + rng.randrange(1, 120) * DAY, block.as_of - 5 * DAY)
        object_id = block.object_id(born)
        is_elsewhere = link == "further" and happens(rng, 0.3)
        address = block.household().address if is_elsewhere else person.household.address
        fields = self._link_to_user(link, user)
        document: Document = {"_id": {"$oid": object_id}, "id": app_id}
        document |= {"name": self._name(person, chance=0.15 if link == "same_id" else None)}
        document |= self._reached(person, app_id, is_linked=bool(user and fields.get("user_id")) or link == "same_id")
        document |= {"address": address if happens(rng, 0.8) else rewritten(rng, address)}
        document |= self._served(person, born, is_churned=is_churned) | fields
        self._folder.write("customers_v2", document)
        boy = document["delivery_boy_id"]
        self.written.customers.append(WrittenCustomer(object_id, app_id, person, user, address, born, is_churned, boy))

    def _reached(self, person: Person, app_id: str, *, is_linked: bool) -> Document:
        """Phone and, where a seed or old-list writer was at work, e-mail."""
        rng = self._rng
        has_email = app_id.startswith("cust-") or person.is_in_old_customers or happens(rng, 0.08)
        document: Document = {"phone": self._phone(person)}
        if happens(rng, self._block.preset.other_phones) and (is_linked or person.email):
            document["phone"] = written(rng, person.second_phone)
            has_email = has_email or happens(rng, 0.85)
        elif happens(rng, 0.004):
            del document["phone"]
        if has_email and person.email:
            document |= {"email": self._email(person), "is_active": True}
        return document

    def _served(self, person: Person, born: int, *, is_churned: bool) -> Document:
        rng, partners = self._rng, self._partners
        marketer = rng.choice(partners.marketers)
        if is_churned:
            status = "stopped" if happens(rng, 0.7) else "active"
        else:
            status = rng.choices(("active", "trial", "paused"), cum_weights=(88, 95, 100))[0]
        document: Document = {"area": person.household.area.full_name, "status": status}
        document["trial_start_date"] = date_text(born) if happens(rng, 0.5) else None
        document["previous_balance"] = rng.choice((0, 0.0, 120, 340.5, -60, 1250.75))
        document["delivery_boy_id"] = rng.choice(partners.delivery_boy_ids)
        if happens(rng, 0.4):
            document |= {"marketing_boy": marketer.name, "marketing_boy_id": marketer.app_id}
        if happens(rng, 0.2):
            document |= {"notes": "Ring the bell once", "map_link": "", "location": None, "house_image_url": None}
        if happens(rng, 0.1):
            document["custom_product_prices"] = {partners.products[0].app_id: 58.0}
        return document

    def _link_to_user(self, link: str, user: WrittenUser | None) -> Document:
        if user is None:
            return {"user_id": None} if happens(self._rng, 0.5) else {}
        known = _LINKS_OF_FURTHER if link == "further" else {link: 1}
        return self._user_reference(pick(self._rng, known), user)

    def _user_reference(self, link: str, user: WrittenUser) -> Document:
        as_of = self._block.as_of
        forms: dict[str, Document] = {
            "both": {"user_id": user.app_id},
            "customer_only": {"user_id": user.app_id},
            "hex": {"user_id": user.object_id, "updated_at": naive_local_text(as_of - 300 * DAY)},
            "object_id": {"user_id": {"$oid": user.object_id}, "updated_at": bson_date(as_of - 90 * DAY)},
            "wiped": {"user_id": None, "customers_migrated_at": naive_local_text(as_of - 200 * DAY)},
            "dangling": {"user_id": self._block.uuid()},
            "wrong_type": {"user_id": self._rng.choice(_WRONG_TYPES)},
        }
        return forms.get(link, {})

    # customers, the older list

    def _old_customer(self, person: Person) -> None:
        rng, block = self._rng, self._block
        object_id = block.object_id(person.joined)
        a_delivery_boys = rng.choice(self._partners.delivery_boy_phones)
        phone = pick(rng, {person.second_phone: 70, person.phone: 27, a_delivery_boys: 3})
        document: Document = {
            "_id": {"$oid": object_id},
            "phone": written(rng, phone),
            "address": person.household.address,
            "area": person.household.area.sub_area,
            "created_at": date_text(person.joined),
            "delivery_instructions": rng.choice(("Ring doorbell", "Leave at gate", "Call before delivery")),
            "email": self._email(person),
            "id": block.uuid(),
            "is_active": True,
            "name": self._name(person),
        }
        self._folder.write("customers", document)
        self._folder.label("customers", object_id, person.key)
