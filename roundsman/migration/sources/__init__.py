"""Where the documents of an existing application come from: a database or a folder."""
