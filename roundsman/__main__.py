"""`python -m roundsman` is the command `roundsman`."""

from roundsman.cli.main import run

run()
