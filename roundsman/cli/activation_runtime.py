"""What the commands of `roundsman activation` open: they go by the thresholds that count, and say so where the settings are others."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from roundsman.activation.policy import ActivationPolicy
from roundsman.cli.output import warn
from roundsman.runtime import Runtime, activation_policy, open_runtime
from roundsman.settings import load_settings


@asynccontextmanager
async def activation_runtime(*, patience_seconds: float = 8.0) -> AsyncIterator[Runtime]:
    """Open the runtime of the settings, whose thresholds count only once the worker was started with them."""
    async with open_runtime(load_settings(), patience_seconds=patience_seconds) as runtime:
        wanted = activation_policy(runtime.settings)
        if not wanted.is_like(runtime.activation):
            warn(
                f"the settings here say {_thresholds(wanted)}, but what counts is {_thresholds(runtime.activation)}; to "
                "change that, start the worker and the server with these settings, else set here what counts"
            )
        yield runtime


def _thresholds(policy: ActivationPolicy) -> str:
    inactive, churn = policy.inactive_after.days, policy.churn_after.days
    return f"inactive after {inactive} days, churned after {churn}, engaged from {policy.engaged_orders} orders on"
