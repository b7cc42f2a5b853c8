"""How far a customer has come, from sign-up to engagement and away again, as a function of what happened to him."""
