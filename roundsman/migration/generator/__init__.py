"""Makes worlds of true people and writes them down as the existing application's writers would have, with a truth file."""
