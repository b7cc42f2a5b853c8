"""Charts as shapes (pure): values in, frozen shapes out, a module for each kind; a template draws them."""
