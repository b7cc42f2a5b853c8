"""What the JSON API and the console share: principal, guards, errors, route inventory."""
