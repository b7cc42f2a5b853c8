"""Asking for a word before something that cannot be taken back."""

import typer

from roundsman.cli.output import FINDINGS, warn


def require_word(question: str, word: str, *, yes: bool) -> None:
    """Go on when the word is typed, or `--yes` stands for it; anything else ends the command with nothing changed."""
    if yes:
        return
    try:
        # On standard error: standard output may be a file with JSON.
        typed = typer.prompt(f"{question} Type {word} to go on", err=True)
    except typer.Abort:
        typed = ""
    if typed != word:
        warn("nothing was changed")
        raise typer.Exit(FINDINGS)
