"""Delivery boys: profiles linked to users."""
