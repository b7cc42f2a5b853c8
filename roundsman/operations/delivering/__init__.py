"""What delivery boys bring, and what they earn by it."""
