"""People seen whole: finding them, reading and exporting what is known of them."""
