"""All pages of the portals and of one's own account."""

from typing import Final

from roundsman.console import (
    account,
    account_closing,
    delivery_earnings,
    delivery_round,
    my_deliveries,
    my_orders,
    supplies,
    supply_prices,
)

routers: Final = (
    delivery_round.router,
    delivery_earnings.router,
    my_deliveries.router,
    my_orders.router,
    supplies.router,
    supply_prices.router,
    account.router,
    account_closing.router,
)
