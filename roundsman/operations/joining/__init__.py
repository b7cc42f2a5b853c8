"""Joining users who are one person, and taking that back."""
