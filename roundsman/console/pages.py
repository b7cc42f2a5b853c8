"""The pages of the console and the portals, for whoever is signed in in a browser; and how he comes to be."""

from typing import Final

from fastapi import APIRouter

from roundsman.console import (
    activation,
    delivery_boys,
    payouts,
    preferences,
    purchase_orders,
    second_step,
    sign_in,
    suppliers,
)

PAGES: Final[tuple[APIRouter, ...]] = (
    sign_in.router,
    second_step.router,
    preferences.router,
    activation.router,
    delivery_boys.router,
    payouts.router,
    suppliers.router,
    purchase_orders.router,
)
