"""The pages of the console and the portals, for whoever is signed in in a browser; and how he comes to be."""

from typing import Final

from fastapi import APIRouter

from roundsman.console import activation, customer, customers, preferences, search, second_step, sign_in

PAGES: Final[tuple[APIRouter, ...]] = (
    sign_in.router,
    second_step.router,
    preferences.router,
    activation.router,
    customers.router,
    customer.router,
    search.router,
)
