"""Each parameter of the specification of identity is a setting, and its default is the number of the specification.

What a setting does is shown by the tests that `docs/asvs.md` names and by those of the policy it is a part of; here it is
only that nothing is lost on the way from the setting to the policy.
"""

from datetime import timedelta

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
