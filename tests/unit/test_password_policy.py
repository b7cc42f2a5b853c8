import re
import unicodedata
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roundsman.auth.password_policy import PasswordPolicy, UnacceptablePassword, common_passwords, require_acceptable

OWN = ["Asha Rao", "+919820012345", "asha.rao@example.in"]


@pytest.mark.parametrize(
    "password",
    [
        "three cows and a bicycle",
        "kal subah doodh do litre",
        "x7!qPz0w#Lm2vRt",
        "asha buys milk before dawn",
        "दूध रोज़ सुबह छह बजे आए",
    ],
)
def test_what_nobody_guesses_first_is_accepted(password: str) -> None:
    require_acceptable(password, known=OWN)


@pytest.mark.parametrize(
    "password",
    [
        "short one",
        "fourteen chars",
        "x" * 128 + "y",
        "aaaaaaaaaaaaaaaa",
        "123456789012345",
        "987654321098765",
        "abcdefghijklmnopq",
        "password1234567",
        "PASSWORDPASSWORD",
        "Password!Password!",
        "!!!!qwertyuiop2026",
        "jaimatadijaimatadi",
        "correcthorsebatterystaple",
        "iloveyouiloveyouilove",
        "Asha Rao 9820012345",
        "asharao asharao",
        "+91 98200 12345 asha",
        "9820012345 2026",
        "roundsman 2026 !",
        "Roundsman-Roundsman",
        "rao asha rao asha rao",
    ],
)
def test_what_is_guessed_first_is_refused(password: str) -> None:
    with pytest.raises(UnacceptablePassword):
        require_acceptable(password, known=OWN)


@pytest.mark.parametrize(("shortest", "with_second_factor"), [(15, {}), (8, {"with_second_factor": True})])
def test_the_lengths_of_the_specification_hold(shortest: int, with_second_factor: dict[str, bool]) -> None:
    text = "the kettle sings to nobody " * 6
    for length in (shortest, 128):
        require_acceptable(text[:length], **with_second_factor)  # type: ignore[arg-type]  # one keyword
    for length in (shortest - 1, 129):
        with pytest.raises(UnacceptablePassword, match=f"{shortest} to 128"):
            require_acceptable(text[:length], **with_second_factor)  # type: ignore[arg-type]  # one keyword


@given(st.text(min_size=20, max_size=100))
def test_both_forms_of_a_letter_get_one_answer(text: str) -> None:
    assert _is_accepted(unicodedata.normalize("NFC", text)) == _is_accepted(unicodedata.normalize("NFD", text))


def _is_accepted(text: str) -> bool:
    try:
        require_acceptable(text, known=OWN)
    except UnacceptablePassword:
        return False
    return True


@given(st.sampled_from(sorted(common_passwords())), st.integers(0, 999999), st.sampled_from(["", "!", "_", " "]))
def test_no_digits_around_a_common_word_help(word: str, number: int, sign: str) -> None:
    with pytest.raises(UnacceptablePassword):
        require_acceptable(f"{number}{sign}{word.title()}{sign}{number}", policy=PasswordPolicy(shortest=1))


def test_of_the_passwords_that_leaked_most_more_than_three_thousand_are_refused_that_would_be_long_enough() -> None:
    policy = PasswordPolicy()
    long_enough = [word for word in common_passwords() if len(word) >= policy.shortest_with_second_factor]
    assert len(long_enough) > 3 * 3_000
    for word in long_enough:
        with pytest.raises(UnacceptablePassword):
            require_acceptable(word, policy=policy, with_second_factor=True)


def test_the_lists_say_where_they_are_from_and_are_lower_case() -> None:
    assert all(word == word.casefold() for word in common_passwords())
    for name in ("common_passwords.txt", "leaked_passwords.txt"):
        head = files("roundsman.auth").joinpath(name).read_text("utf-8")[:1_000]
        assert re.search("licence of Roundsman|MIT License", head)
