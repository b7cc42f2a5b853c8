"""The pages of the console and the portals, for whoever is signed in in a browser; and how he comes to be."""

from typing import Final

from fastapi import APIRouter

from roundsman.console import activation, preferences, roles, second_step, sign_in, user_decisions, users

PAGES: Final[tuple[APIRouter, ...]] = (
    sign_in.router,
    second_step.router,
    preferences.router,
    activation.router,
    users.router,
    user_decisions.router,
    roles.router,
)
