"""Telling that somebody of the office spoke with a customer."""

from datetime import datetime

from roundsman.activation.facts import Fact
from roundsman.activation.recorded_facts import find_fact
from roundsman.database.transaction import Tx, in_transaction
from roundsman.ids import CustomerId
from roundsman.operations.facts.intake import Change, Intake, KeyUsedOtherwise, customer_of_somebody, write_down
from roundsman.operations.facts.telling import fact_of_contact


async def record_contact(tx: Tx, customer_id: CustomerId, *, key: str, how: str, intake: Intake, now: datetime) -> Fact:
    """Record a contact with a customer; sent again, gives the same one. Raises UnknownCustomer, KeyUsedOtherwise."""

    async def work(tx: Tx) -> Fact:
        customer = await customer_of_somebody(tx, customer_id)
        fact = fact_of_contact(customer.user_id, str(intake.id_for("contact", key)), at=now)
        if (there := await find_fact(tx, fact.key)) is not None:
            if there.subject != customer.user_id:
                raise KeyUsedOtherwise
            return there
        change = Change("contact.recorded", f"customer:{customer_id}", reason=how)
        await write_down(tx, intake, customer.user_id, change, fact, now=now)
        return fact

    return await in_transaction(tx, work)
