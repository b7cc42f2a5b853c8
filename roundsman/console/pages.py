"""The pages of the console and the portals, for whoever is signed in in a browser; and how he comes to be."""

from typing import Final

from fastapi import APIRouter

from roundsman.console import (
    account,
    account_closing,
    activation,
    customer,
    customers,
    delivery_boys,
    delivery_earnings,
    delivery_round,
    my_deliveries,
    my_orders,
    payouts,
    preferences,
    purchase_orders,
    roles,
    search,
    second_step,
    sign_in,
    suppliers,
    supplies,
    supply_prices,
    user_decisions,
    users,
)

PAGES: Final[tuple[APIRouter, ...]] = (
    sign_in.router,
    second_step.router,
    preferences.router,
    activation.router,
    customers.router,
    customer.router,
    search.router,
    delivery_round.router,
    delivery_earnings.router,
    my_deliveries.router,
    my_orders.router,
    supplies.router,
    supply_prices.router,
    account.router,
    account_closing.router,
    delivery_boys.router,
    payouts.router,
    suppliers.router,
    purchase_orders.router,
    users.router,
    user_decisions.router,
    roles.router,
)
