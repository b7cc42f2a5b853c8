"""Drafting a source profile for a database that nobody described: from the names of its fields, and more from their values."""
