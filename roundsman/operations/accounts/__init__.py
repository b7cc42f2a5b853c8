"""Accounts: how they begin, what they may, and how they end."""
