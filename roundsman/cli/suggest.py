"""What `roundsman migrate inspect --suggest FILE.toml` does: draft a source profile for a database nobody described."""

from pathlib import Path

from roundsman.cli.files import require_new, write_new_file
from roundsman.cli.output import print_json, print_table, say
from roundsman.cli.progress import shown_progress
from roundsman.cli.running import run
from roundsman.cli.sources import opened_source
from roundsman.errors import InvalidInput
from roundsman.migration.suggestion.draft_file import draft_file
from roundsman.migration.suggestion.drafts import Draft
from roundsman.migration.suggestion.suggesting import suggest_profile


class NotAProfileFile(InvalidInput):
    """A profile is kept in a file whose name ends in .toml."""

    code = "not_a_profile_file"


def suggest(source: str | None, file: Path, *, as_json: bool) -> None:
    """Write a draft to a new file and say what is in it. Raises NotAProfileFile, FileExists or FileNotWritable."""
    if file.suffix != ".toml":
        raise NotAProfileFile(f"{file}: name a file that ends in .toml, as --profile asks for one")
    require_new(file)
    draft = run(_suggest(source))
    write_new_file(file, draft_file(draft, name=file.stem))
    if as_json:
        print_json(_summary(draft))
    else:
        _print(draft, file)


async def _suggest(option: str | None) -> Draft:
    async with opened_source(option) as source:
        with shown_progress() as progress:
            return await suggest_profile(source, progress)


def _print(draft: Draft, file: Path) -> None:
    rows = [
        (one.name, one.documents, one.kind.kind.value, ", ".join(guess.meaning for guess in one.guesses))
        for one in draft.collections
    ]
    print_table(("collection", "documents", "kind", "found"), rows)
    for one in draft.not_taken:
        say(f"not taken: {one.name} ({one.documents} documents), {one.why}")
    questions = sum(len(one.to_do) for one in draft.collections)
    say(
        f"\nDrafted to {file}. Every line of it is a guess, {questions} meanings were not found: read and correct it. Then:"
    )
    say(f"  roundsman migrate inspect --profile {file}")


def _summary(draft: Draft) -> dict[str, object]:
    return {
        "collections": [
            {
                "name": one.name,
                "documents": one.documents,
                "kind": one.kind.kind,
                "why": one.kind.why,
                "fields": {guess.meaning: [".".join(path) for path in guess.paths] for guess in one.guesses},
                "to_do": one.to_do,
            }
            for one in draft.collections
        ],
        "not_taken": {one.name: one.why for one in draft.not_taken},
    }
