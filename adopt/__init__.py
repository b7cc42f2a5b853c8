"""What an existing application copies: one file, which needs nothing else of this repository; see docs/adopt.md."""
