"""Messages to people: put into an outbox within the transaction that causes them, sent after it has committed."""
