"""What customers get and pay: products, orders, payments and subscriptions."""
