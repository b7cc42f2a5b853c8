"""Work that touches several domains; the only place where domains meet."""
