"""The settings of the activation pipeline, a part of `settings`: when a customer counts as engaged, inactive and churned."""

from typing import Annotated

from pydantic import Field
from pydantic_settings import BaseSettings


class ActivationSettings(BaseSettings):
    """The thresholds; the defaults are those of spec activation."""

    inactive_after_days: Annotated[
        int,
        Field(
            ge=1,
            le=3650,
            description="After how many days without an order a customer is inactive. Whoever changes it changes every history: all are told anew, once the server and the worker are started with it.",
        ),
    ] = 30
    churn_after_days: Annotated[
        int,
        Field(
            ge=2,
            le=3650,
            description="After how many days without any activity a customer is churned; longer than until he is inactive.",
        ),
    ] = 60
    engaged_orders: Annotated[
        int, Field(ge=2, le=1000, description="From how many orders that count on a customer is engaged.")
    ] = 3
