"""Each parameter of the specification of identity is a setting, and its default is the number of the specification.

What a setting does is shown by the tests that are named here; what stands here itself is that nothing is lost on the way
from the setting to the policy.
"""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import ValidationError

from roundsman.access.assurance import AssuranceRules
from roundsman.access.roles import Role
from roundsman.auth.lifetimes import SessionLife, SessionPolicy
from roundsman.auth.otp import OtpPolicy
from roundsman.auth.password_policy import PasswordPolicy
from roundsman.auth.passwords import Argon2Cost
from roundsman.auth.second_factors import FactorRules
from roundsman.auth.throttle import SignInThrottle
from roundsman.runtime import argon2_cost, otp_policy, password_policy, session_policy, sign_in_throttle
from roundsman.session_settings import SessionSpan
from roundsman.settings import Settings

ROOT = Path(__file__).parents[2]
SOURCE = re.compile(r"OWASP|NIST|RFC|TRAI")
# The table "Parameters" of the specification, row by row.
DEFAULTS = {
    "argon2_memory_kib": 19_456,
    "argon2_passes": 2,
    "argon2_lanes": 1,
    "password_shortest": 15,
    "password_shortest_with_second_factor": 8,
    "password_longest": 128,
    "otp_digits": 6,
    "otp_staff_digits": 8,
    "otp_minutes": 5,
    "otp_tries": 5,
    "otp_resend_seconds": (60, 120, 240),
    "otp_per_contact_hour": 5,
    "otp_per_contact_day": 10,
    "otp_per_address_hour": 10,
    "otp_per_address_day": 60,
    "otp_per_prefix_hour": 30,
    "otp_budget_hour": 500,
    "otp_failures_per_contact_day": 15,
    "otp_failures_per_address": 30,
    "otp_failures_per_address_minutes": 5,
    "otp_failures_in_all_hour": 300,
    "recycled_after_days": 90,
    "sign_in_free_failures": 5,
    "sign_in_first_wait_seconds": 1,
    "sign_in_longest_wait_seconds": 15 * 60,
    "sign_in_failures_per_address": 10,
    "sign_in_failures_in_all": 1000,
    "sign_in_window_seconds": 5 * 60,
    "sign_in_failures_until_disabled": 100,
    "access_token_minutes": 10,
    "access_token_staff_minutes": 5,
    "refresh_grace_seconds": 30,
    "session_trust_seconds": 2,
    "session_customer": SessionSpan(timedelta(days=30), timedelta(days=90), 5),
    "session_delivery_boy": SessionSpan(timedelta(hours=24), timedelta(days=14), 2),
    "session_supplier": SessionSpan(timedelta(hours=12), timedelta(days=7), 5),
    "session_staff": SessionSpan(timedelta(minutes=30), timedelta(hours=12), 3),
    "password_reset_minutes": 30,
    "password_resets_per_day": 5,
    "staff_totp": "required",
    "totp_most_failures": 5,
    "totp_pause_minutes": 15,
    "totp_recovery_codes": 10,
    "step_up_minutes": 10,
    "trusted_proxies": "",
}


# Which test shows that a parameter holds, by the longest beginning of its name that stands here.
SHOWN_BY = {
    "argon2_": "tests/unit/test_passwords.py::test_another_cost_is_that_of_new_hashes_and_of_what_nobody_has_and_renews_the_others",
    "password_shortest": "tests/unit/test_password_policy.py::test_the_lengths_of_the_specification_hold",
    "password_longest": "tests/unit/test_password_policy.py::test_the_lengths_of_the_specification_hold",
    "otp_digits": "tests/storage/test_proving.py::test_staff_gets_eight_digits_and_nobody_a_code_on_a_landline",
    "otp_staff_digits": "tests/storage/test_proving.py::test_staff_gets_eight_digits_and_nobody_a_code_on_a_landline",
    "otp_minutes": "tests/storage/test_proving.py::test_a_code_counts_once_for_its_purpose_and_five_minutes",
    "otp_tries": "tests/storage/test_proving.py::test_after_five_tries_the_right_code_counts_no_more_even_at_the_same_time",
    "otp_resend": "tests/storage/test_proving.py::test_only_the_newest_code_counts_and_the_next_comes_after_longer_and_longer",
    "otp_per_contact": "tests/storage/test_proving.py::test_hostile_requests_cost_no_more_messages_than_the_budgets_say",
    "otp_per_address": "tests/storage/test_proving.py::test_one_address_or_one_block_of_numbers_gets_no_more_than_its_share",
    "otp_per_prefix": "tests/storage/test_proving.py::test_one_address_or_one_block_of_numbers_gets_no_more_than_its_share",
    "otp_budget": "tests/storage/test_proving.py::test_a_budget_that_is_spent_refuses_known_and_unknown_alike",
    "otp_failures_per": "tests/storage/test_proving.py::test_wrong_codes_are_counted_whatever_codes_are_new",
    "otp_failures_in": "tests/storage/test_proving.py::test_guessing_at_many_phones_stops_at_a_breaker_that_is_on_record",
    "recycled": "tests/storage/test_joining.py::test_a_recycled_number_begins_anew_and_leaves_the_old_account_behind",
    "sign_in_free": "tests/http/test_slowing_down.py::test_of_many_simultaneous_guesses_five_are_compared_for_any_kind_of_account",
    "sign_in_first": "tests/http/test_slowing_down.py::test_an_account_waits_longer_each_time_and_a_right_password_ends_the_row",
    "sign_in_longest": "tests/unit/test_throttle.py::test_the_numbers_are_those_of_the_specification",
    "sign_in_failures_per": "tests/http/test_slowing_down.py::test_of_simultaneous_guesses_behind_one_address_ten_are_compared",
    "sign_in_failures_in": "tests/http/test_slowing_down.py::test_who_is_familiar_at_an_address_is_not_held_up_by_an_attack_from_the_next_desk_or_from_everywhere",
    "sign_in_window": "tests/unit/test_throttle.py::test_the_numbers_are_those_of_the_specification",
    "sign_in_failures_until": "tests/http/test_slowing_down.py::test_a_hundred_failures_in_a_row_disable_the_password_and_say_so_in_the_audit_log_alone",
    "access_token": "tests/http/test_login.py::test_staff_gets_a_shorter_token_and_session",
    "refresh_grace": "tests/http/test_sessions.py::test_within_the_grace_a_late_answer_costs_nobody_his_session",
    "session_trust": "tests/http/test_sessions.py::test_a_process_trusts_what_it_read_for_less_than_two_seconds",
    "session_": "tests/http/test_sessions.py::test_a_session_lasts_as_long_as_the_strictest_role_allows",
    "password_reset_minutes": "tests/http/test_passwords.py::test_a_link_counts_half_an_hour_and_none_counts_after_a_change",
    "password_resets": "tests/http/test_passwords.py::test_asking_tells_nothing_of_the_account_and_no_more_than_five_a_day_are_sent",
    "staff_totp": "tests/http/test_second_factor.py::test_half_a_sign_in_reaches_no_route_but_its_second_step",
    "totp_most": "tests/storage/test_second_factors.py::test_five_failures_pause_for_fifteen_minutes_however_many_come_at_once",
    "totp_pause": "tests/storage/test_second_factors.py::test_five_failures_pause_for_fifteen_minutes_however_many_come_at_once",
    "totp_recovery": "tests/http/test_second_factor.py::test_staff_enrols_at_the_first_sign_in_and_proves_at_the_next",
    "step_up": "tests/http/test_second_factor.py::test_what_is_hard_to_repair_needs_a_fresh_proof",
    "trusted": "tests/http/test_passwords.py::test_who_trusts_a_proxy_gets_the_client_it_names_and_never_a_crash",
}


def test_of_each_parameter_it_is_known_which_test_shows_that_it_holds_and_where_it_is_from() -> None:
    for name in DEFAULTS:
        path, _, test = SHOWN_BY[max((one for one in SHOWN_BY if name.startswith(one)), key=len)].partition("::")
        assert f"def {test}(" in (ROOT / path).read_text("utf-8"), name
        assert SOURCE.search(Settings.model_fields[name].description or ""), name


def test_the_defaults_are_the_numbers_of_the_specification() -> None:
    settings = Settings()
    assert {name: getattr(settings, name) for name in DEFAULTS} == DEFAULTS


def test_the_policies_of_the_defaults_are_those_the_tests_of_the_policies_are_about() -> None:
    settings = Settings()
    assert session_policy(settings) == SessionPolicy()
    assert sign_in_throttle(settings) == SignInThrottle()
    assert password_policy(settings) == PasswordPolicy()
    assert otp_policy(settings) == OtpPolicy()
    assert argon2_cost(settings) == Argon2Cost()
    assert AssuranceRules(fresh_for=timedelta(minutes=settings.step_up_minutes)) == AssuranceRules()
    rules = FactorRules(
        most_failures=settings.totp_most_failures,
        pause=timedelta(minutes=settings.totp_pause_minutes),
        recovery_codes=settings.totp_recovery_codes,
    )
    assert rules == FactorRules()


def test_a_session_is_set_in_one_word_for_each_role(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROUNDSMAN_SESSION_STAFF", "90m/1d/1")
    monkeypatch.setenv("ROUNDSMAN_ACCESS_TOKEN_STAFF_MINUTES", "20")
    settings = Settings()
    policy = session_policy(settings)
    assert str(settings.session_staff) == "90m/1d/1"
    assert policy.life([Role.ADMIN]) == SessionLife(timedelta(minutes=90), timedelta(days=1), most=1)
    assert policy.life([Role.CUSTOMER]) == SessionPolicy().customer
    assert policy.token_lifetime([Role.CUSTOMER, Role.ADMIN]) == policy.longest_token == timedelta(minutes=20)


@pytest.mark.parametrize(
    "text", ["30d", "30d/90d", "0d/90d/5", "30d/90d/0", "2d/1d/5", "30/90/5", "30d 90d 5", "1w/2w/3"]
)
def test_what_is_no_session_life_is_refused_with_how_to_write_one(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("ROUNDSMAN_SESSION_CUSTOMER", text)
    with pytest.raises(ValidationError, match=r"write it as 30d/90d/5|longer without use"):
        Settings()
