"""Values for tests: complete and valid, each with an id of its own, changed only where a test says so."""

from datetime import UTC, date, datetime, timedelta

from bson import ObjectId

from roundsman.access.principal import SignedInBy
from roundsman.access.roles import Role
from roundsman.auth.sessions import Opening, Session, new_session
from roundsman.catalog.products import Price, Product
from roundsman.customers.customers import Customer, CustomerStatus
from roundsman.delivery.delivery_boys import DeliveryBoy, DeliveryBoyStatus
from roundsman.identity.users import Claim, User, UserStatus
from roundsman.ids import (
    CustomerId,
    DeliveryBoyId,
    OrderId,
    PriceProposalId,
    ProductId,
    PurchaseOrderId,
    SubscriptionId,
    SupplierId,
    UserId,
)
from roundsman.orders.orders import Order, OrderLine, OrderOrigin, OrderStatus
from roundsman.subscriptions.subscriptions import (
    Pause,
    Rule,
    RuleKind,
    Subscription,
    SubscriptionOrigin,
    SubscriptionStatus,
)
from roundsman.suppliers.proposals import PriceProposal, ProposalStatus
from roundsman.suppliers.purchase_orders import PurchaseLine, PurchaseOrder, PurchaseOrderStatus
from roundsman.suppliers.suppliers import Supplier, SupplierStatus

NOW = datetime(2026, 3, 1, 6, 30, tzinfo=UTC)


def a_user(
    name: str = "Asha Rao",
    *,
    id: UserId | None = None,  # noqa: A002  the field's name
    status: UserStatus = UserStatus.ACTIVE,
    claim: Claim = Claim.CLAIMED,
    roles: tuple[Role, ...] = (Role.CUSTOMER,),
    merged_into: UserId | None = None,
    last_sign_in_at: datetime | None = None,
) -> User:
    """Build a user; live and claimed unless said otherwise."""
    return User(
        id=id or UserId(ObjectId()),
        name=name,
        status=status,
        claim=claim,
        roles=roles,
        created_at=NOW,
        created_by="self",
        merged_into=merged_into,
        last_sign_in_at=last_sign_in_at,
    )


def a_session(user_id: UserId, *, lifetime: timedelta = timedelta(days=1), now: datetime = NOW) -> Session:
    """Build a session of a user who signs in now."""
    return new_session(user_id, Opening(SignedInBy.PASSWORD), version=0, expires_at=now + lifetime, now=now)


def a_customer(user_id: UserId, name: str = "Asha Rao") -> Customer:
    """Build the customer profile of a user."""
    return Customer(CustomerId(ObjectId()), user_id, name, CustomerStatus.ACTIVE, NOW, "self", phone="+919876501234")


def a_delivery_boy(user_id: UserId, name: str = "Ravi Kumar") -> DeliveryBoy:
    """Build the delivery boy's profile of a user."""
    return DeliveryBoy(DeliveryBoyId(ObjectId()), user_id, name, DeliveryBoyStatus.ACTIVE, ("HSR",), NOW, "system")


def a_supplier(user_id: UserId, name: str = "Nandi Dairy") -> Supplier:
    """Build the supplier's profile of a user."""
    return Supplier(SupplierId(ObjectId()), user_id, name, SupplierStatus.ACTIVE, NOW, "system")


def a_purchase_order(
    supplier_id: SupplierId | None = None, status: PurchaseOrderStatus = PurchaseOrderStatus.DRAFT
) -> PurchaseOrder:
    """Build a purchase order for a hundred litres of milk; a draft unless said otherwise."""
    return PurchaseOrder(
        id=PurchaseOrderId(ObjectId()),
        supplier_id=supplier_id or SupplierId(ObjectId()),
        lines=(PurchaseLine(None, "Milk", "litre", 100, 3200),),
        total_paise=320_000,
        status=status,
        for_date=NOW.date(),
        created_at=NOW,
        sent_at=None if status is PurchaseOrderStatus.DRAFT else NOW,
    )


def a_price_proposal(supplier_id: SupplierId, product_id: ProductId) -> PriceProposal:
    """Build a proposal of Rs 36 for a product, from when it is accepted."""
    return PriceProposal(PriceProposalId(ObjectId()), supplier_id, product_id, 3600, None, ProposalStatus.PROPOSED, NOW)


def an_order(user_id: UserId, *, placed_at: datetime = NOW) -> Order:
    """Build an order of a user for two litres of milk."""
    return Order(
        id=OrderId(ObjectId()),
        customer_id=CustomerId(ObjectId()),
        user_id=user_id,
        lines=(OrderLine(None, "Milk", 2, 3200),),
        total_paise=6400,
        status=OrderStatus.PENDING,
        placed_at=placed_at,
        origin=OrderOrigin.ROUNDSMAN,
    )


def a_product(*prices: Price, name: str = "Milk", active: bool = True) -> Product:
    """Build a product; a litre of milk for Rs 32 unless said otherwise."""
    known = prices or (Price(3200, NOW - timedelta(days=365)),)
    return Product(ProductId(ObjectId()), name, "litre", known, active)


DAILY = Rule(RuleKind.DAILY, 1)


def a_subscription(
    user_id: UserId,
    rule: Rule = DAILY,
    *,
    customer_id: CustomerId | None = None,
    status: SubscriptionStatus = SubscriptionStatus.ACTIVE,
    pauses: tuple[Pause, ...] = (),
    start: date | None = None,
    end: date | None = None,
) -> Subscription:
    """Build a subscription of a user; a litre each day unless said otherwise."""
    return Subscription(
        id=SubscriptionId(ObjectId()),
        customer_id=customer_id,
        user_id=user_id,
        product_id=None,
        status=status,
        rule=rule,
        origin=SubscriptionOrigin.SOURCE,
        pauses=pauses,
        start=start,
        end=end,
    )
