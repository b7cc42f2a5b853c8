"""Roles, permissions and the pure decisions about them."""
