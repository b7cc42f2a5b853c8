"""Trying what an attacker would try, on a database beside the real one, and counting what is stored in the real one."""
