"""What customers get again and again, and when they do not."""
