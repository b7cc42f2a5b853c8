"""Credentials, sessions and tokens: how a user proves who he is."""
