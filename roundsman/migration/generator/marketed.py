"""The people of the preset `market`: a town's worth of households, many on one phone, about 0.9 users per customer."""

from roundsman.migration.generator.chance import happens, pick
from roundsman.migration.generator.moments import DAY
from roundsman.migration.generator.world import Account, Block, Person

_SEVERAL_MEMBERS = 0.45
_SHARED_PHONE = 0.55
_RECYCLED = 0.02


def people(block: Block, share: float, also_customers: list[Person]) -> list[Person]:
    """Everybody of one block, household after household until there are customers enough.

    Of staff and partners only those who are customers too; half of them signed up as such.
    """
    wanted = round(block.preset.customers_per_block * share)
    everybody = list(also_customers)
    for person in also_customers:
        person.customers = 1
        person.accounts = [Account()] if happens(block.rng, 0.5) else []
    customers = len(also_customers)
    while customers < wanted:
        for person in _members(block):
            person.customers = min(person.customers, wanted - customers)
            customers += person.customers
            if person.customers or person.accounts:
                everybody.append(person)
    return everybody


def _members(block: Block) -> list[Person]:
    rng = block.rng
    household = block.household()
    size = 1
    if happens(rng, _SEVERAL_MEMBERS):
        size = rng.choices((2, 3, 4), weights=(56, 30, 14))[0]
        if happens(rng, _SHARED_PHONE):
            household.shared_phone = block.phone()
    members = [_member(block, block.person(household)) for _ in range(size)]
    if happens(rng, _RECYCLED):
        members.insert(0, _old_holder(block, members[0].phone))
    for person in members:
        person.has_user_at_home = any(other.accounts for other in members if other.phone == person.phone)
    return members


def _member(block: Block, person: Person) -> Person:
    rng = block.rng
    kind = pick(rng, {"customer and user": 77, "customer": 13, "user": 10})
    if kind != "user":
        person.customers = pick(rng, {1: 89, 2: 9, 3: 2})
        person.churned_customers = sum(happens(rng, 0.08) for _ in range(person.customers))
    if kind != "customer":
        person.accounts = [Account(is_used=kind != "user")]
        _sign_up_again(block, person)
    if person.email and person.customers:
        person.is_in_old_customers = happens(rng, 0.06)
    if kind == "user" and happens(rng, 0.2):
        person.joined = block.as_of - rng.randrange(5, 170) * DAY
    return person


def _sign_up_again(block: Block, person: Person) -> None:
    kind = pick(block.rng, {"": 955, "same_phone": 30, "same_email": 15})
    if kind == "same_phone" or (kind and person.email):
        person.accounts.append(Account(kind, is_used=happens(block.rng, 0.4)))


def _old_holder(block: Block, phone: str) -> Person:
    """Who had the number before: a users document, a customers document, or both, and silence since."""
    person = block.person(block.household())
    person.phone, person.is_silent = phone, True
    person.joined -= 200 * DAY
    kind = block.rng.randrange(3)
    person.customers = person.churned_customers = int(kind != 0)
    if kind != 1:
        person.accounts = [Account(is_used=False)]
    return person
