"""What the routes of a FastAPI application let pass, and what is wrong with their guards; pure, from what the inspector told."""
