"""Who is answered what by each route: one row a route.

Every row is asked by nobody, by somebody of each role, by the owner of what is asked about, and by another owner. Whoever
has the row's permission, or everybody where it has none, is answered what stands under `may`; all others of the roles are
refused with 403, and nobody with 401. Owner and other owner are customers, and what they are answered is written out.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from roundsman.access.permissions import Permission

REFUSED: Final = "403 permission_missing"
UNKNOWN: Final = "401 token_missing"
_WHY: Final = {"reason": "a test"}
_A_CODE: Final = {"code": "000000"}
_NEW: Final = "three cows and a bicycle"


@dataclass(frozen=True, slots=True)
class Row:
    """A route, and what it answers. `{...}` in a route and in what is sent stands for something of the owner's."""

    route: str
    permission: Permission | None
    may: str
    owner: str
    other: str
    body: Mapping[str, Any] | None = field(default=None, kw_only=True)
    query: Mapping[str, str] | None = field(default=None, kw_only=True)
    form: Mapping[str, str] | None = field(default=None, kw_only=True)


def _public(
    route: str,
    said: str,
    *,
    body: Mapping[str, str] | None = None,
    query: Mapping[str, str] | None = None,
    form: Mapping[str, str] | None = None,
) -> Row:
    return Row(route, None, said, said, said, body=body, query=query, form=form)


_API: Final = "/api/v1"
_AUTH: Final = f"{_API}/auth"
_USER: Final = f"{_API}/users/{{user_id}}"
_CUSTOMER: Final = f"{_API}/customers/{{customer_id}}"
_PRODUCT: Final = f"{_API}/products/{{product_id}}"
_ORDER: Final = f"{_API}/orders/{{order_id}}"
_REVIEW: Final = f"{_API}/reviews/{{review_id}}"
_A_FACT: Final = {
    "type": "order.placed",
    "subject": "{phone}",
    "source_id": "o-{user_id}",
    "occurred_at": "2026-03-01T06:30:00+05:30",
}
_NO_ORDER: Final = "404 unknown_order"
_NO_SUBSCRIPTION: Final = "404 unknown_subscription"
_KEY: Final = {"key": "made-up-by-me"}
_TWO: Final = _KEY | {"lines": [{"product_id": "{product_id}", "quantity": 2}]}
_GHEE: Final = _KEY | {"name": "Ghee", "unit": "jar", "price_paise": 50_000}
_PAID: Final = _KEY | {"amount_paise": 100, "method": "cash"}
_DAYS: Final = {"start": "2099-12-01", "end": "2099-12-10"}
_NO_STOP: Final = "404 unknown_stop"
_BOY: Final = f"{_API}/delivery-boys/{{delivery_boy_id}}"
_STOP: Final = f"{_API}/delivery/round/{{stop_id}}"
_OF_STOP: Final = f"{_API}/stops/{{stop_id}}"
_PAYOUT: Final = f"{_API}/payouts/{{payout_id}}"
_ADJUSTMENT: Final = f"{_API}/adjustments/{{adjustment_id}}"
_THE_BOY: Final = {"delivery_boy_id": "{delivery_boy_id}"}
_A_TIP: Final = _KEY | _THE_BOY | _WHY | {"kind": "tip", "paise": 500}
_MONTH: Final = {"month": "2026-03"}
_UNASKED: Final = "404 review_not_found"
_SUPPLIERS: Final = f"{_API}/suppliers"
_SUPPLIER: Final = f"{_SUPPLIERS}/{{supplier_id}}"
_OWN: Final = f"{_SUPPLIERS}/me"
_PURCHASES: Final = f"{_SUPPLIERS}/purchase-orders"
_PURCHASE: Final = f"{_PURCHASES}/{{purchase_order_id}}"
_NO_PURCHASE: Final = "404 unknown_purchase_order"
_NO_PRODUCT: Final = "404 product_not_found"
_NO_PROPOSAL: Final = "404 unknown_proposal"
_STEP: Final = "409 purchase_order_step"
_FARM: Final = {"name": "Nandi Dairy", "phone": "{new_phone}"}
_MILK: Final = _KEY | {
    "supplier_id": "{supplier_id}",
    "lines": [{"product_id": "{product_id}", "quantity": 2}],
    "for_date": "2099-12-01",
}
_BANKED: Final = _KEY | {"amount_paise": 100, "reference": "UTR 1"}

ROWS: Final = (
    Row(f"GET {_AUTH}/me", Permission.ME_READ, "200", "200", "200"),
    Row(f"GET {_AUTH}/me/profiles", Permission.ME_READ, "200", "200", "200"),
    Row(f"GET {_AUTH}/me/former", Permission.ME_FORMER, "200", "200", "200"),
    Row(
        f"POST {_AUTH}/step-up",
        Permission.ME_PROVE,
        *["403 wrong_password"] * 3,
        body={"by": "password", "value": "wrong"},
    ),
    Row(f"GET {_AUTH}/totp", Permission.ME_PROVE, "200", "200", "200"),
    Row(f"POST {_AUTH}/totp/enrol", Permission.ME_PROVE, "200", "200", "200"),
    Row(f"POST {_AUTH}/totp/confirm", Permission.ME_PROVE, *["409 no_second_factor"] * 3, body={"code": "000000"}),
    Row(f"POST {_AUTH}/totp/recovery", Permission.ME_PROVE, *["409 no_second_factor"] * 3),
    Row(f"POST {_AUTH}/contact/request", Permission.ME_CHANGE, "202", "202", "202", body={"contact": "{new_phone}"}),
    Row(
        f"PUT {_AUTH}/contact", Permission.ME_CHANGE, *["401 wrong_code"] * 3, body=_A_CODE | {"contact": "{new_phone}"}
    ),
    Row(
        f"PUT {_AUTH}/password",
        Permission.ME_PASSWORD,
        *["422 unacceptable_password"] * 3,
        body={"new_password": "short"},
    ),
    Row(f"GET {_AUTH}/me/messages", Permission.ME_MESSAGES, "200", "200", "200"),
    Row(f"PUT {_AUTH}/me/messages", Permission.ME_MESSAGES, "200", "200", "200", body={"wanted": False}),
    Row(f"GET {_AUTH}/me/export", Permission.ME_EXPORT, "200", "200", "200"),
    Row(f"POST {_AUTH}/me/close", Permission.ME_CLOSE, "204", "204", "204"),
    Row(f"POST {_AUTH}/logout", Permission.SESSIONS_MANAGE, "204", "204", "204"),
    Row(f"POST {_AUTH}/logout-all", Permission.SESSIONS_MANAGE, "200", "200", "200"),
    Row(f"GET {_AUTH}/sessions", Permission.SESSIONS_MANAGE, "200", "200", "200"),
    Row(
        f"DELETE {_AUTH}/sessions/{{session_id}}",
        Permission.SESSIONS_MANAGE,
        "404 unknown_session",
        "204",
        "404 unknown_session",
    ),
    Row(
        f"POST {_API}/customers",
        Permission.CUSTOMERS_CREATE,
        "201",
        REFUSED,
        REFUSED,
        body={"name": "Usha", "phone": "{new_phone}"},
    ),
    Row(f"POST {_CUSTOMER}/contacts", Permission.CONTACTS_RECORD, "201", REFUSED, REFUSED, body=_KEY | {"how": "call"}),
    Row(f"GET {_API}/products", Permission.CATALOG_READ, "200", "200", "200"),
    Row(f"GET {_PRODUCT}", Permission.CATALOG_PRICES, "200", REFUSED, REFUSED),
    Row(f"POST {_API}/products", Permission.CATALOG_MANAGE, "201", REFUSED, REFUSED, body=_GHEE),
    Row(f"POST {_PRODUCT}/prices", Permission.CATALOG_MANAGE, "200", REFUSED, REFUSED, body={"paise": 3400}),
    Row(f"PATCH {_PRODUCT}", Permission.CATALOG_MANAGE, "200", REFUSED, REFUSED, body={"active": True}),
    Row(f"POST {_API}/orders", Permission.ME_ORDER, "201", "201", "201", body=_TWO),
    Row(f"GET {_API}/orders", Permission.ME_PURCHASES, "200", "200", "200"),
    Row(f"POST {_ORDER}/cancel", Permission.ME_ORDER, _NO_ORDER, "200", _NO_ORDER),
    Row(f"POST {_ORDER}/delivered", Permission.ORDERS_MANAGE, "200", REFUSED, REFUSED),
    Row(f"POST {_ORDER}/not-delivered", Permission.ORDERS_MANAGE, "200", REFUSED, REFUSED, body=_WHY),
    Row(f"POST {_ORDER}/refunds", Permission.PAYMENTS_RECORD, "201", REFUSED, REFUSED, body=_PAID | _WHY),
    Row(f"POST {_CUSTOMER}/orders", Permission.ORDERS_MANAGE, "201", REFUSED, REFUSED, body=_TWO),
    Row(f"GET {_CUSTOMER}/orders", Permission.PURCHASES_READ, "200", REFUSED, REFUSED),
    Row(
        f"POST {_CUSTOMER}/orders/{{order_id}}/cancel",
        Permission.ORDERS_MANAGE,
        "200",
        REFUSED,
        REFUSED,
        body=_WHY,
    ),
    Row(
        f"POST {_API}/payments",
        Permission.PAYMENTS_RECORD,
        "201",
        REFUSED,
        REFUSED,
        body=_PAID | {"customer_id": "{customer_id}"},
    ),
    Row(f"GET {_API}/payments", Permission.ME_PURCHASES, "200", "200", "200"),
    Row(f"GET {_CUSTOMER}/payments", Permission.PURCHASES_READ, "200", REFUSED, REFUSED),
    Row(f"GET {_API}/subscriptions", Permission.ME_PURCHASES, "200", "200", "200"),
    Row(
        f"POST {_API}/subscriptions/{{subscription_id}}/pause",
        Permission.ME_PAUSE,
        _NO_SUBSCRIPTION,
        "200",
        _NO_SUBSCRIPTION,
        body=_DAYS,
    ),
    Row(
        f"POST {_API}/subscriptions/{{subscription_id}}/resume",
        Permission.ME_PAUSE,
        _NO_SUBSCRIPTION,
        "200",
        _NO_SUBSCRIPTION,
        body={},
    ),
    Row(f"GET {_CUSTOMER}/subscriptions", Permission.PURCHASES_READ, "200", REFUSED, REFUSED),
    Row(
        f"POST {_CUSTOMER}/subscriptions/{{subscription_id}}/pause",
        Permission.SUBSCRIPTIONS_MANAGE,
        "200",
        REFUSED,
        REFUSED,
        body=_DAYS,
    ),
    Row(
        f"POST {_CUSTOMER}/subscriptions/{{subscription_id}}/resume",
        Permission.SUBSCRIPTIONS_MANAGE,
        "200",
        REFUSED,
        REFUSED,
        body={},
    ),
    Row(f"GET {_OWN}", Permission.ME_SUPPLIES, "200", REFUSED, REFUSED),
    Row(f"GET {_OWN}/products", Permission.ME_SUPPLIES, "200", REFUSED, REFUSED),
    Row(f"GET {_OWN}/proposals", Permission.ME_SUPPLIES, "200", REFUSED, REFUSED),
    Row(
        f"POST {_OWN}/proposals",
        Permission.ME_SUPPLY,
        _NO_PRODUCT,
        REFUSED,
        REFUSED,
        body=_KEY | {"product_id": "{product_id}", "paise": 3400},
    ),
    Row(f"POST {_OWN}/proposals/{{proposal_id}}/withdraw", Permission.ME_SUPPLY, _NO_PROPOSAL, REFUSED, REFUSED),
    Row(f"GET {_OWN}/purchase-orders", Permission.ME_SUPPLIES, "200", REFUSED, REFUSED),
    Row(f"GET {_OWN}/purchase-orders/{{purchase_order_id}}", Permission.ME_SUPPLIES, _NO_PURCHASE, REFUSED, REFUSED),
    Row(
        f"POST {_OWN}/purchase-orders/{{purchase_order_id}}/acknowledge",
        Permission.ME_SUPPLY,
        _NO_PURCHASE,
        REFUSED,
        REFUSED,
    ),
    Row(
        f"POST {_OWN}/purchase-orders/{{purchase_order_id}}/reject",
        Permission.ME_SUPPLY,
        _NO_PURCHASE,
        REFUSED,
        REFUSED,
        body=_WHY,
    ),
    Row(f"GET {_OWN}/dues", Permission.ME_SUPPLIES, "200", REFUSED, REFUSED),
    Row(f"GET {_PURCHASES}", Permission.SUPPLIERS_READ, "200", REFUSED, REFUSED),
    Row(f"POST {_PURCHASES}", Permission.SUPPLIERS_BUY, "201", REFUSED, REFUSED, body=_MILK),
    Row(f"GET {_PURCHASE}", Permission.SUPPLIERS_READ, "200", REFUSED, REFUSED),
    Row(f"POST {_PURCHASE}/send", Permission.SUPPLIERS_BUY, "200", REFUSED, REFUSED),
    Row(
        f"PUT {_PURCHASE}/supplier",
        Permission.SUPPLIERS_BUY,
        "200",
        REFUSED,
        REFUSED,
        body={"supplier_id": "{supplier_id}"},
    ),
    Row(f"POST {_PURCHASE}/acknowledge", Permission.SUPPLIERS_BUY, "200", REFUSED, REFUSED),
    Row(f"POST {_PURCHASE}/reject", Permission.SUPPLIERS_BUY, "200", REFUSED, REFUSED, body=_WHY),
    Row(f"POST {_PURCHASE}/receipts", Permission.SUPPLIERS_BUY, _STEP, REFUSED, REFUSED, body=_KEY),
    Row(
        f"POST {_PURCHASE}/receipts/{{receipt_id}}/take-back",
        Permission.SUPPLIERS_BUY,
        "404 unknown_receipt",
        REFUSED,
        REFUSED,
        body=_WHY,
    ),
    Row(f"POST {_PURCHASE}/close", Permission.SUPPLIERS_BUY, _STEP, REFUSED, REFUSED),
    Row(f"POST {_PURCHASE}/cancel", Permission.SUPPLIERS_BUY, "200", REFUSED, REFUSED, body=_WHY),
    Row(f"GET {_SUPPLIERS}", Permission.SUPPLIERS_READ, "200", REFUSED, REFUSED),
    Row(f"POST {_SUPPLIERS}", Permission.SUPPLIERS_ONBOARD, "201", REFUSED, REFUSED, body=_FARM),
    Row(
        f"POST {_USER}/supplier",
        Permission.SUPPLIERS_ONBOARD,
        "409 supplier_already",
        REFUSED,
        REFUSED,
        body={"name": "Nandi Dairy"},
    ),
    Row(f"GET {_SUPPLIERS}/demand", Permission.SUPPLIERS_READ, "200", REFUSED, REFUSED),
    Row(f"GET {_SUPPLIERS}/proposals", Permission.SUPPLIERS_READ, "200", REFUSED, REFUSED),
    Row(
        f"POST {_SUPPLIERS}/proposals/{{proposal_id}}/accept",
        Permission.SUPPLIERS_PRICE,
        _NO_PRODUCT,
        REFUSED,
        REFUSED,
    ),
    Row(
        f"POST {_SUPPLIERS}/proposals/{{proposal_id}}/reject",
        Permission.SUPPLIERS_PRICE,
        "200",
        REFUSED,
        REFUSED,
        body=_WHY,
    ),
    Row(f"GET {_SUPPLIER}", Permission.SUPPLIERS_READ, "200", REFUSED, REFUSED),
    Row(f"PATCH {_SUPPLIER}", Permission.SUPPLIERS_ONBOARD, "200", REFUSED, REFUSED, body={"name": "Nandi Farm"}),
    Row(f"GET {_SUPPLIER}/dues", Permission.SUPPLIERS_READ, "200", REFUSED, REFUSED),
    Row(f"POST {_SUPPLIER}/dues/payments", Permission.SUPPLIERS_PAY, "201", REFUSED, REFUSED, body=_BANKED),
    Row(
        f"POST {_SUPPLIER}/dues/credit-notes",
        Permission.SUPPLIERS_PAY,
        "201",
        REFUSED,
        REFUSED,
        body=_KEY | _WHY | {"amount_paise": 100},
    ),
    Row(
        f"POST {_SUPPLIER}/dues/reversals",
        Permission.SUPPLIERS_PAY,
        "404 unknown_due",
        REFUSED,
        REFUSED,
        body=_WHY | {"entry": "payment:nobody-made"},
    ),
    Row(f"PUT {_SUPPLIER}/products/{{product_id}}", Permission.SUPPLIERS_BUY, "200", REFUSED, REFUSED),
    Row(f"GET {_API}/deliveries", Permission.ME_PURCHASES, "200", "200", "200"),
    Row(
        f"PUT {_API}/deliveries/{{stop_id}}/rating",
        Permission.ME_RATE,
        _NO_STOP,
        "409 not_delivered_yet",
        _NO_STOP,
        body={"stars": 5},
    ),
    Row(f"GET {_API}/delivery/round", Permission.ME_ROUND, "200", REFUSED, REFUSED),
    Row(f"POST {_STOP}/delivered", Permission.ME_DELIVER, _NO_STOP, REFUSED, REFUSED, body=_KEY),
    Row(f"POST {_STOP}/not-delivered", Permission.ME_DELIVER, _NO_STOP, REFUSED, REFUSED, body=_KEY | _WHY),
    Row(f"GET {_API}/delivery/earnings", Permission.ME_EARNINGS, "200", REFUSED, REFUSED),
    *(
        Row(f"GET {_API}/delivery/{name}", Permission.ME_EARNINGS, "200", REFUSED, REFUSED, query=_MONTH)
        for name in ("statement", "statement.csv", "entries", "entries.csv")
    ),
    Row(f"GET {_API}/delivery/payouts", Permission.ME_EARNINGS, "200", REFUSED, REFUSED),
    Row(f"GET {_API}/delivery-boys", Permission.DELIVERY_BOYS_READ, "200", REFUSED, REFUSED),
    Row(
        f"POST {_API}/delivery-boys",
        Permission.DELIVERY_BOYS_CREATE,
        "201",
        REFUSED,
        REFUSED,
        body={"name": "Usha", "phone": "{new_phone}"},
    ),
    Row(f"PATCH {_BOY}", Permission.DELIVERY_BOYS_CREATE, "200", REFUSED, REFUSED, body={"name": "Ravi"}),
    Row(
        f"POST {_API}/delivery-boys/profiles",
        Permission.DELIVERY_BOYS_CREATE,
        "409 role_needed",
        REFUSED,
        REFUSED,
        body={"user_id": "{user_id}"},
    ),
    Row(f"GET {_BOY}", Permission.DELIVERY_BOYS_READ, "200", REFUSED, REFUSED),
    Row(f"PUT {_BOY}/status", Permission.DELIVERY_BOYS_CREATE, "200", REFUSED, REFUSED, body={"status": "on_leave"}),
    Row(f"GET {_BOY}/round", Permission.DELIVERY_BOYS_READ, "200", REFUSED, REFUSED),
    *(
        Row(f"GET {_BOY}/{name}", Permission.DELIVERY_BOYS_READ, "200", REFUSED, REFUSED, query=_MONTH)
        for name in ("statement", "statement.csv", "entries", "entries.csv")
    ),
    Row(
        f"POST {_BOY}/cash-handovers",
        Permission.CASH_TAKE,
        "409 more_than_in_hand",
        REFUSED,
        REFUSED,
        body=_KEY | {"paise": 100},
    ),
    Row(f"GET {_API}/rates", Permission.DELIVERY_BOYS_READ, "200", REFUSED, REFUSED),
    Row(f"POST {_API}/rates", Permission.RATES_SET, "201", REFUSED, REFUSED, body=_KEY | {"per_delivery_paise": 2_500}),
    Row(f"POST {_OF_STOP}/delivery-boy", Permission.DELIVERIES_ASSIGN, "204", REFUSED, REFUSED, body=_THE_BOY),
    Row(f"GET {_API}/stops/overdue", Permission.DELIVERY_BOYS_READ, "200", REFUSED, REFUSED),
    Row(f"GET {_API}/stops/unassigned", Permission.DELIVERY_BOYS_READ, "200", REFUSED, REFUSED),
    Row(
        f"POST {_BOY}/round/hand-over",
        Permission.DELIVERIES_ASSIGN,
        "200",
        REFUSED,
        REFUSED,
        body={"to": "{delivery_boy_id}"},
    ),
    Row(
        f"PUT {_OF_STOP}/collected",
        Permission.CASH_TAKE,
        "409 nobody_collected",
        REFUSED,
        REFUSED,
        body=_WHY | {"paise": 6_400, "method": "cash"},
    ),
    Row(f"POST {_OF_STOP}/take-back", Permission.DELIVERIES_ASSIGN, "200", REFUSED, REFUSED, body=_WHY),
    Row(f"PUT {_CUSTOMER}/delivery-boy", Permission.DELIVERIES_ASSIGN, "200", REFUSED, REFUSED, body=_THE_BOY),
    Row(f"GET {_API}/payouts", Permission.DELIVERY_BOYS_READ, "200", REFUSED, REFUSED),
    Row(
        f"POST {_API}/payouts",
        Permission.PAYOUTS_DRAFT,
        "409 nothing_to_pay",
        REFUSED,
        REFUSED,
        body=_KEY | _THE_BOY | {"through": "2026-03-01"},
    ),
    Row(f"GET {_PAYOUT}", Permission.DELIVERY_BOYS_READ, "404 unknown_payout", REFUSED, REFUSED),
    Row(f"POST {_PAYOUT}/approve", Permission.PAYOUTS_APPROVE, "404 unknown_payout", REFUSED, REFUSED),
    Row(
        f"POST {_PAYOUT}/paid",
        Permission.PAYOUTS_DRAFT,
        "404 unknown_payout",
        REFUSED,
        REFUSED,
        body={"reference": "NEFT 1"},
    ),
    Row(f"POST {_PAYOUT}/failed", Permission.PAYOUTS_DRAFT, "404 unknown_payout", REFUSED, REFUSED, body=_WHY),
    Row(f"GET {_API}/adjustments", Permission.DELIVERY_BOYS_READ, "200", REFUSED, REFUSED),
    Row(f"POST {_API}/adjustments", Permission.EARNINGS_ADJUST, "201", REFUSED, REFUSED, body=_A_TIP),
    Row(f"GET {_ADJUSTMENT}", Permission.DELIVERY_BOYS_READ, "404 unknown_adjustment", REFUSED, REFUSED),
    Row(f"POST {_ADJUSTMENT}/approve", Permission.EARNINGS_ADJUST, "404 unknown_adjustment", REFUSED, REFUSED),
    Row(f"POST {_ADJUSTMENT}/reject", Permission.EARNINGS_ADJUST, "404 unknown_adjustment", REFUSED, REFUSED),
    Row(f"GET {_API}/users", Permission.USERS_READ, "200", REFUSED, REFUSED, query={"name": "{name}"}),
    Row(f"GET {_API}/users/lookup", Permission.USERS_READ, "200", REFUSED, REFUSED, query={"identifier": "{phone}"}),
    Row(f"GET {_USER}", Permission.USERS_READ, "200", REFUSED, REFUSED),
    Row(f"GET {_USER}/joinings", Permission.USERS_READ, "200", REFUSED, REFUSED),
    Row(f"GET {_USER}/export", Permission.USERS_EXPORT, "200", REFUSED, REFUSED),
    Row(f"GET {_API}/activation/dashboard", Permission.ACTIVATION_READ, "200", REFUSED, REFUSED),
    Row(f"GET {_API}/activation/cohorts", Permission.ACTIVATION_READ, "200", REFUSED, REFUSED),
    Row(f"GET {_API}/activation/movement", Permission.ACTIVATION_READ, "200", REFUSED, REFUSED),
    Row(
        f"GET {_API}/activation/people", Permission.ACTIVATION_READ, "200", REFUSED, REFUSED, query={"status": "active"}
    ),
    Row(
        f"GET {_API}/activation/people.csv",
        Permission.ACTIVATION_READ,
        "200",
        REFUSED,
        REFUSED,
        query={"at_risk": "true"},
    ),
    Row(
        f"GET {_API}/activation/what-if",
        Permission.ACTIVATION_READ,
        "200",
        REFUSED,
        REFUSED,
        query={"inactive_days": "7"},
    ),
    Row(
        f"GET {_API}/activation/customers/{{user_id}}",
        Permission.ACTIVATION_READ,
        "404 not_tracked",
        REFUSED,
        REFUSED,
    ),
    Row(f"POST {_USER}/totp/forget", Permission.AUTHENTICATORS_FORGET, "204", REFUSED, REFUSED, body=_WHY),
    Row(f"GET {_USER}/sessions", Permission.USERS_SESSIONS, "200", REFUSED, REFUSED),
    Row(f"DELETE {_USER}/sessions", Permission.USERS_SESSIONS, "200", REFUSED, REFUSED),
    Row(f"POST {_USER}/disable", Permission.USERS_DISABLE, "200", REFUSED, REFUSED, body=_WHY),
    Row(f"POST {_USER}/enable", Permission.USERS_DISABLE, "409 standing_already", REFUSED, REFUSED, body=_WHY),
    Row(
        f"POST {_API}/users",
        Permission.ROLES_GRANT,
        "201",
        REFUSED,
        REFUSED,
        body={"name": "Meera Nair", "role": "admin", "phone": "{new_phone}"},
    ),
    Row(f"POST {_USER}/roles", Permission.ROLES_GRANT, "200", REFUSED, REFUSED, body=_WHY | {"role": "admin"}),
    Row(f"DELETE {_USER}/roles/{{role}}", Permission.ROLES_GRANT, "200", REFUSED, REFUSED, body=_WHY),
    Row(f"GET {_API}/reviews", Permission.REVIEWS_READ, "200", REFUSED, REFUSED, query={"list": "unsure"}),
    Row(f"GET {_REVIEW}", Permission.REVIEWS_READ, _UNASKED, REFUSED, REFUSED),
    Row(
        f"POST {_REVIEW}/decision",
        Permission.REVIEWS_DECIDE,
        _UNASKED,
        REFUSED,
        REFUSED,
        body=_WHY | {"decision": "merge"},
    ),
    Row(f"DELETE {_REVIEW}/decision", Permission.REVIEWS_DECIDE, _UNASKED, REFUSED, REFUSED, query=_WHY),
    Row(f"POST {_API}/facts", Permission.FACTS_TELL, "200", REFUSED, REFUSED, body={"facts": [_A_FACT]}),
    Row(f"GET {_API}/activation/conflicts", Permission.FACTS_TELL, "200", REFUSED, REFUSED),
    Row(f"GET {_API}/activation/unmatched", Permission.FACTS_TELL, "200", REFUSED, REFUSED),
    Row(f"GET {_API}/activation/messages", Permission.MESSAGES_SET, "200", REFUSED, REFUSED),
    Row(
        f"PUT {_API}/activation/messages/{{template}}",
        Permission.MESSAGES_SET,
        "200",
        REFUSED,
        REFUSED,
        body={"on": False},
    ),
    _public("GET /", "200"),
    _public("GET /.well-known/jwks.json", "200"),
    _public(f"POST {_AUTH}/login", "401 invalid_credentials", body={"identifier": "{phone}", "password": "wrong"}),
    _public(f"POST {_AUTH}/otp/request", "202", body={"contact": "{phone}"}),
    _public(f"POST {_AUTH}/otp/verify", "401 wrong_code", body=_A_CODE | {"contact": "{phone}"}),
    _public(f"POST {_AUTH}/password/forgotten", "202", body={"identifier": "{phone}"}),
    _public(f"POST {_AUTH}/password/reset", "401 proof_invalid", body={"token": "invented", "new_password": _NEW}),
    _public(f"POST {_AUTH}/refresh", "401 invalid_refresh_token", body={"refresh_token": "invented"}),
    _public(f"POST {_AUTH}/register", "401 proof_invalid", body={"proof": "invented", "name": "Usha"}),
    _public(f"GET {_API}/health", "200"),
    _public(f"GET {_API}/health/ready", "200"),
    _public(f"GET {_API}/health/source", "200"),
    _public(f"GET {_API}/openapi.json", "200"),
    _public("GET /docs/api", "200"),
    _public("GET /docs/api/{chapter}", "200"),
    _public("GET /password/reset", "410", query={"token": "invented"}),
    _public("POST /password/reset", "410", form={"token": "invented", "new_password": _NEW, "again": _NEW}),
    _public("GET /password/reset/done", "200"),
    _public("GET /sign-in", "200"),
    _public("POST /sign-in", "401", form={"identifier": "{new_phone}", "password": "wrong"}),
    _public("POST /sign-in/code", "200", form={"contact": "{new_phone}"}),
    _public("POST /sign-in/code/confirm", "401", form={"contact": "{new_phone}", "code": "000000"}),
    _public("POST /preferences", "303", form={"theme": "dark"}),
    _public("ANY /static/{path}", "200"),
)
