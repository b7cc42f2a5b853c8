from collections import defaultdict

from hypothesis import given, settings
from hypothesis import strategies as st

from roundsman.migration.key_index import KeyIndex

KEYS = st.lists(st.lists(st.sampled_from("abcdefgh"), unique=True, max_size=3), max_size=30)


def filled(keys_of_rows: list[list[str]]) -> KeyIndex:
    index = KeyIndex(keys_of_rows.__getitem__)
    for row, keys in enumerate(keys_of_rows):
        for key in keys:
            index.add(key, row)
    return index


@settings(deadline=None)
@given(KEYS)
def test_an_index_finds_what_a_dict_of_lists_would(keys_of_rows: list[list[str]]) -> None:
    expected: dict[str, list[int]] = defaultdict(list)
    for row, keys in enumerate(keys_of_rows):
        for key in keys:
            expected[key].append(row)

    index = filled(keys_of_rows)

    assert {key: index.rows(key) for key in "abcdefghi"} == {key: expected[key] for key in "abcdefghi"}
    assert index.shared() == sorted(rows for rows in expected.values() if len(rows) > 1)


def test_what_is_added_after_a_question_is_found_too() -> None:
    keys_of_rows = [["a"], ["b"]]
    index = filled(keys_of_rows)
    assert index.rows("a") == [0]

    keys_of_rows.append(["a"])
    index.add("a", 2)

    assert index.rows("a") == [0, 2]


def test_two_keys_of_one_hash_are_told_apart() -> None:
    keys_of_rows = [["a"], ["b"]]
    index = KeyIndex(keys_of_rows.__getitem__)
    index.add("a", 0)
    index.add("a", 1)  # as if 'b' had the hash of 'a'

    assert index.rows("a") == [0]
