"""A draft as a TOML profile that can be used at once and corrected by hand (pure).

Beside each guess stands how many documents support it, and what else it could be. What could not be told is a line that
somebody fills in.
"""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

from roundsman.migration.profile import Path
from roundsman.migration.suggestion.drafts import CollectionDraft, Draft, Guess, WordGuess
from roundsman.migration.suggestion.facts import percent
from roundsman.migration.suggestion.synonyms import STAFF, WORDS

_NAME: Final = "draft"
_MOST_LEFT_OVER: Final = 24
_HEAD: Final = """\
# A source profile drafted from samples of {source}.
# Every line is a guess with the share of sampled documents that support it. Read them, correct them, and take the lines
# that begin with "# TODO" as questions. Then: roundsman migrate inspect --profile THIS.toml
name = {name}
version = 1
timezone = "Asia/Kolkata"  # TODO: in which times without a zone are read; no data tells it
own_phones = []  # TODO: the firm's own numbers, as "+91…": contacts, never keys
synthetic_emails = [{synthetic}]  # TODO: addresses that the application makes up, as regular expressions"""


def draft_file(draft: Draft, *, name: str = _NAME) -> str:
    """Write the draft as TOML."""
    return "\n".join([*_lines(draft, name), ""])


def _lines(draft: Draft, name: str) -> Iterator[str]:
    synthetic = ", ".join(map(_quoted, draft.synthetic_emails))
    yield _HEAD.format(source=_comment(draft.source), name=_quoted(name), synthetic=synthetic)
    for vocabulary in WORDS:
        words = merged_words(draft, vocabulary)
        if words:
            yield f"\n[words.{vocabulary}]  # theirs = ours, one of: {', '.join(WORDS[vocabulary])}"
            yield from map(_word, words)
    yield "\n[collections]"
    for collection in draft.collections:
        yield from _collection(collection)
    if draft.not_taken:
        yield "\n# Not taken:"
    for one in draft.not_taken:
        yield f"# {_comment(one.name)} ({one.documents} documents): {one.why}"


def merged_words(draft: Draft, vocabulary: str) -> list[WordGuess]:
    """The words of a vocabulary from all collections, the most frequent first."""
    counts: Counter[str] = Counter()
    ours: dict[str, str | None] = {}
    for collection in draft.collections:
        for guess in collection.words.get(vocabulary, ()):
            counts[guess.word] += guess.count
            ours[guess.word] = guess.ours
    return [WordGuess(word, count, ours[word]) for word, count in counts.most_common()]


def _word(guess: WordGuess) -> str:
    if guess.ours is None:
        return f'# TODO: {_quoted(guess.word)} = ""  # seen {guess.count} times'
    if guess.ours in STAFF and guess.word not in {guess.ours, "true"}:
        right = "it would give rights over other people's data"
        return f"# TODO: {_quoted(guess.word)} = {_quoted(guess.ours)}  # seen {guess.count} times; {right}"
    return f"{_quoted(guess.word)} = {_quoted(guess.ours)}  # seen {guess.count} times"


def _collection(collection: CollectionDraft) -> Iterator[str]:
    kind, looked_at = collection.kind, f"{collection.sampled} of {collection.documents} documents looked at"
    yield f"\n[collections.{_quoted(collection.name)}]  # {looked_at}"
    yield f"kind = {_quoted(kind.kind)}  # {kind.why}{f'; else {kind.runner_up}' if kind.runner_up else ''}"
    if collection.needs_profile:
        yield "needs_profile = true  # whoever is named here is a customer"
    yield f"[collections.{_quoted(collection.name)}.fields]"
    for guess in collection.guesses:
        yield f"{guess.meaning} = {_paths(guess.paths)}  # {_grounds(guess)}"
    for missing in collection.to_do:
        yield f"# TODO {missing}"
    if collection.left_over:
        shown = [f"{_path(one.path)} ({one.what}, {percent(one.share)})" for one in collection.left_over]
        more = f", and {len(shown) - _MOST_LEFT_OVER} more" if len(shown) > _MOST_LEFT_OVER else ""
        yield f"# Not understood: {', '.join(shown[:_MOST_LEFT_OVER])}{more}"


def _grounds(guess: Guess) -> str:
    if guess.runner_up is None:
        return percent(guess.share)
    path, share = guess.runner_up
    return f"{percent(guess.share)}; else {_path(path)}, {percent(share)}"


def _paths(paths: Sequence[Path]) -> str:
    quoted = [_quoted(".".join(path)) for path in paths]
    return quoted[0] if len(quoted) == 1 else f"[{', '.join(quoted)}]"


def _path(path: Path) -> str:
    return _comment(".".join(path))


def _quoted(text: str) -> str:
    """A TOML string: JSON's escapes, but for one character that only TOML forbids and halves of characters."""
    whole = text.encode("utf-8", "replace").decode()
    return json.dumps(whole, ensure_ascii=False).replace("\x7f", "\\u007f")


def _comment(text: str) -> str:
    """A text that stays on its line."""
    return "".join(character if character.isprintable() else "?" for character in text)
