"""Suppliers: profiles linked to users."""
