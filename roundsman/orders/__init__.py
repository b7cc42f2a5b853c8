"""Orders and what became of them."""
