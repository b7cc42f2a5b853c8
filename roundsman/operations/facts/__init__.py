"""What happened to customers: told once by whatever way it comes, and what follows from it in the same transaction."""
