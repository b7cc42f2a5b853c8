"""How a person is shown: his user, what finds him and everything he is to the business."""

from datetime import datetime

from pydantic import Field

from roundsman.access.roles import Role
from roundsman.api.models import AnswerModel, Id
from roundsman.customers.customers import CustomerStatus
from roundsman.delivery.delivery_boys import DeliveryBoyStatus
from roundsman.identity.users import Claim, UserStatus
from roundsman.suppliers.suppliers import SupplierStatus


class UserView(AnswerModel):
    """The user behind a person."""

    id: Id
    name: str = Field(examples=["Asha Patil"])
    status: UserStatus
    claim: Claim
    roles: list[Role]
    roles_to_confirm: list[Role] = Field(description="Those of the roles that grant nothing until an admin confirms.")
    created_at: datetime
    first_sign_in_at: datetime | None
    last_sign_in_at: datetime | None


class MyselfView(AnswerModel):
    """Who asks, as it was read with his session; his profiles are at `GET /auth/me/profiles`."""

    user: UserView
    session_id: Id


class FormerSelfView(AnswerModel):
    """Who asks, in the terms of the existing application, so that it can go on with its own data."""

    user_id: str = Field(
        description="The id by which the existing application knows the user; his own where it does not know him.",
        examples=["usr_5b1c"],
    )
    customer_ids: list[str] = Field(
        description="The same for the customers he is, the oldest first.", examples=[["cust-001"]]
    )
    delivery_boy_id: str | None = Field(description="The same for the delivery boy he is.", examples=["db-001"])
    supplier_id: str | None = Field(description="The same for the supplier he is.", examples=["sup_77"])
    email: str | None
    name: str = Field(examples=["Asha Patil"])
    roles: list[Role] = Field(description="Those that count: none that waits to be confirmed.")
    id: Id = Field(description="The id of the user here.")


class IdentifierView(AnswerModel):
    """One thing that finds the user."""

    key: str = Field(examples=["phone:+919820012345"])
    verified_at: datetime | None
    is_ambiguous: bool = Field(description="Whether other people carry it too, so that it leads to nobody.")


class CustomerView(AnswerModel):
    """One customer profile of the person."""

    id: Id
    name: str
    status: CustomerStatus
    phone: str | None
    email: str | None
    address: str | None
    area: str | None


class DeliveryBoyView(AnswerModel):
    """The delivery boy the person is."""

    id: Id
    name: str
    status: DeliveryBoyStatus
    areas: list[str]


class SupplierView(AnswerModel):
    """The supplier the person is."""

    id: Id
    name: str
    status: SupplierStatus


class PersonView(AnswerModel):
    """A person seen whole."""

    user: UserView
    identifiers: list[IdentifierView]
    customers: list[CustomerView]
    delivery_boy: DeliveryBoyView | None
    supplier: SupplierView | None
    last_activity: datetime | None = Field(description="The latest sign-in or order, as far as known.")
