from bson import ObjectId
from hypothesis import given, settings
from hypothesis import strategies as st

from roundsman.access.decisions import Allowed, Denied, Reason, decide
from roundsman.access.permissions import OWN_ONLY, Permission, permissions_of, roles_with
from roundsman.access.principal import Principal
from roundsman.access.roles import STAFF_ROLES, Role
from roundsman.ids import SessionId, UserId

ROLE_SETS = st.frozensets(st.sampled_from(Role))
PERMISSIONS = st.sampled_from(Permission)


def principal(*roles: Role) -> Principal:
    return Principal(user_id=UserId(ObjectId()), roles=frozenset(roles), session_id=SessionId(ObjectId()))


def test_admin_has_every_permission() -> None:
    assert permissions_of([Role.ADMIN]) == frozenset(Permission)


def test_every_permission_is_named_area_and_action_and_held_by_admin() -> None:
    for permission in Permission:
        assert permission.value.count(":") == 1
        assert Role.ADMIN in roles_with(permission)


def test_customer_neither_registers_others_nor_looks_users_up() -> None:
    customer = principal(Role.CUSTOMER)
    assert decide(customer, Permission.ME_READ) == Allowed()
    assert decide(customer, Permission.CUSTOMERS_CREATE) == Denied(Reason.NO_ROLE)
    assert decide(customer, Permission.USERS_READ) == Denied(Reason.NO_ROLE)


def test_marketing_staff_registers_customers_but_sees_no_roles() -> None:
    assert decide(principal(Role.MARKETING_STAFF), Permission.CUSTOMERS_CREATE) == Allowed()
    assert decide(principal(Role.MARKETING_STAFF), Permission.USERS_READ) == Denied(Reason.NO_ROLE)


@given(ROLE_SETS, ROLE_SETS, PERMISSIONS)
@settings(deadline=None)
def test_more_roles_never_take_a_permission_away(
    roles: frozenset[Role], more: frozenset[Role], asked: Permission
) -> None:
    if decide(principal(*roles), asked) == Allowed():
        assert decide(principal(*roles, *more), asked) == Allowed()


@given(PERMISSIONS)
@settings(deadline=None)
def test_nobody_without_a_role_may_do_anything(asked: Permission) -> None:
    assert decide(principal(), asked) == Denied(Reason.NO_ROLE)


@given(ROLE_SETS, PERMISSIONS)
@settings(deadline=None)
def test_own_only_permissions_stop_at_the_things_of_others(roles: frozenset[Role], asked: Permission) -> None:
    asking = principal(*roles)
    in_general = decide(asking, asked)
    assert decide(asking, asked, owner=asking.user_id) == in_general
    of_another = decide(asking, asked, owner=UserId(ObjectId()))
    if asked in OWN_ONLY and in_general == Allowed():
        assert of_another == Denied(Reason.OTHER_OWNER)
    else:
        assert of_another == in_general


@given(ROLE_SETS)
@settings(deadline=None)
def test_staff_is_who_has_a_staff_role(roles: frozenset[Role]) -> None:
    assert principal(*roles).is_staff == bool(roles & STAFF_ROLES)
