"""Looking at an existing application's data before anything is taken over: what is there, and what somebody should know."""
