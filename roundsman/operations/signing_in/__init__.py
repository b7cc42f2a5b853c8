"""Proving who one is: passwords, codes, the second step, and the sessions that come of it."""
