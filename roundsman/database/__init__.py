"""The one place that knows MongoDB itself: collections, connection, transactions, indexes, the embedded server."""
