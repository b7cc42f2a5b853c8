"""Products and their dated prices."""
