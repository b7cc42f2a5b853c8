"""Customer profiles and addresses, each linked to a user."""
