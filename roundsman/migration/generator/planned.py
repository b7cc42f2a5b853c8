"""The people of the preset `plan`: exactly the totals the plan starts from, for every block.

Of 500 users 200 are unused, 50 share a phone with another user and 30 an e-mail address but for its case. Of 2,000
customers 1,800 are active, 150 churned and 50 have no user; the others' customers are further addresses of their users
and members of the users' families on the same phone.
"""

import math
from dataclasses import dataclass

from roundsman.migration.generator.chance import happens
from roundsman.migration.generator.moments import DAY
from roundsman.migration.generator.partners import headcount
from roundsman.migration.generator.world import Account, Block, Household, Person

_MOST_OWN_CUSTOMERS = 7
_MOST_RELATIVES = 3


@dataclass(frozen=True, slots=True)
class Quota:
    """How many of everything one block has; pairs are pairs of users documents."""

    customers: int
    mains: int
    repeated_phones: tuple[int, int]  # second documents of one person: unused, used
    repeated_emails: tuple[int, int]
    family_pairs: int
    recycled: int
    unused: int
    churned: int
    without_user: int


def quota(share: float) -> Quota:
    """The numbers of a block of this share of the plan's size; a share of 1 gives the plan's own totals."""

    def part(count: int) -> int:
        return round(count * share)

    unused_second, used_second, recycled = part(10) + part(8), part(5) + part(7), part(3)
    unused = part(200) - unused_second - recycled
    users = part(500) - headcount(share).total
    return Quota(
        customers=part(2000),
        mains=users - part(200) - used_second,
        repeated_phones=(part(10), part(5)),
        repeated_emails=(part(8), part(7)),
        family_pairs=part(7),
        recycled=recycled,
        unused=unused,
        churned=part(150),
        without_user=part(50),
    )


def people(block: Block, share: float, also_customers: list[Person]) -> list[Person]:
    """Everybody of one block but staff and partners, and those of them who are customers, each with one document."""
    numbers = quota(share)
    mains = _mains(block, numbers)
    _sign_up_again(mains, numbers)
    old_holders = _recycle(block, mains[-numbers.recycled :] if numbers.recycled else [])
    everybody = mains + _customers_of(block, mains, numbers.customers - numbers.without_user - len(also_customers))
    for person in also_customers:
        person.customers = 1
    _churn(block, everybody, numbers.churned)
    everybody += old_holders + also_customers
    everybody += [_unused(block) for _ in range(numbers.unused)]
    everybody += [_without_user(block) for _ in range(numbers.without_user)]
    return everybody


def _mains(block: Block, numbers: Quota) -> list[Person]:
    """Users with customers; the first ones are couples who share a phone."""
    couples: list[Person] = []
    for _ in range(numbers.family_pairs):
        household = block.household()
        household.shared_phone = block.phone()
        couples += [block.person(household, has_email=0.85) for _ in range(2)]
    singles = [block.person(block.household(), has_email=0.85) for _ in range(numbers.mains - len(couples))]
    everybody = couples + singles
    for person in everybody:
        person.accounts = [Account()]
    for person in couples:
        person.has_clean_phone = True
    return everybody


def _sign_up_again(mains: list[Person], numbers: Quota) -> None:
    """Give some singles a second users document, with the same phone or with the same e-mail address."""
    singles = iter(mains[2 * numbers.family_pairs :])
    for kind, (unused, used) in (("same_phone", numbers.repeated_phones), ("same_email", numbers.repeated_emails)):
        for is_used in [False] * unused + [True] * used:
            person = next(singles)
            person.accounts.append(Account(kind, is_used=is_used))
            person.has_clean_phone = True
            person.email = person.email or f"{person.key}@gmail.com"


def _recycle(block: Block, new_holders: list[Person]) -> list[Person]:
    """People who had the number before and were never heard of again."""
    old_holders = []
    for new in new_holders:
        old = _unused(block)
        old.phone, old.is_silent = new.phone, True
        old.has_clean_phone = new.has_clean_phone = True
        old_holders.append(old)
    return old_holders


def _customers_of(block: Block, mains: list[Person], total: int) -> list[Person]:
    """Deal out the customers documents to the users and to relatives on their phones; returns the relatives."""
    rng = block.rng
    room = {person.key: _MOST_OWN_CUSTOMERS + 1 - len(person.accounts) for person in mains}
    for person in mains:
        wanted = rng.choices((2, 3, 4, 5, 6, 7), weights=(6, 10, 16, 24, 26, 18))[0]
        person.customers = min(wanted, room[person.key])
    rest = total - sum(person.customers for person in mains)
    if rest < 0:
        _take_back(block, mains, -rest)
    relatives = _relatives(block, mains, rest)
    for person in mains:
        person.is_in_old_customers = person.customers < room[person.key] and happens(rng, 0.08)
    return relatives


def _relatives(block: Block, mains: list[Person], total: int) -> list[Person]:
    """People without users documents on the phones of users; few on each, or the phone would be nobody's.

    A very small world has too few phones for that, and puts on each what it must.
    """
    relatives: list[Person] = []
    families = dict.fromkeys((person.phone for person in mains), 0)
    most_relatives = max(_MOST_RELATIVES, math.ceil(total / len(families)))
    while total > 0:
        head = block.rng.choice(mains)
        if families[head.phone] < most_relatives:
            families[head.phone] += 1
            relative = block.person(_home_of_relative(block, head.household), has_email=0.3)
            relative.phone, relative.customers = head.phone, min(total, block.rng.choice((1, 1, 2)))
            total -= relative.customers
            relatives.append(relative)
    return relatives


def _home_of_relative(block: Block, household: Household) -> Household:
    """Under the same roof, or more often at an address of their own, which is why the family orders for them."""
    if happens(block.rng, 0.4):
        return household
    home = block.household()
    home.region, home.surname, home.given_names = household.region, household.surname, household.given_names
    return home


def _take_back(block: Block, mains: list[Person], surplus: int) -> None:
    while surplus:
        person = block.rng.choice(mains)
        if person.customers > 1:
            person.customers -= 1
            surplus -= 1


def _churn(block: Block, everybody: list[Person], churned: int) -> None:
    while churned:
        person = block.rng.choice(everybody)
        if person.churned_customers < person.customers:
            person.churned_customers += 1
            churned -= 1


def _unused(block: Block) -> Person:
    """Somebody who signed up and did nothing; a few did so only lately."""
    person = block.person(block.household(), has_email=0.8)
    person.accounts = [Account(is_used=False)]
    if happens(block.rng, 0.15):
        person.joined = block.as_of - block.rng.randrange(5, 170) * DAY
    return person


def _without_user(block: Block) -> Person:
    person = block.person(block.household(), has_email=0.1)
    person.customers, person.has_user_at_home = 1, False
    return person
