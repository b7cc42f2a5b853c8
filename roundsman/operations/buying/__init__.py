"""What suppliers bring, at which price, and what they are owed."""
