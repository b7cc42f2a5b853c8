"""The thresholds are settings, and those that contradict each other stop the program when it starts."""

from datetime import timedelta
from pathlib import Path

import pytest

from roundsman.activation.policy import ActivationPolicy, ImpossiblePolicy
from roundsman.runtime import activation_policy
from roundsman.settings import Settings


def test_without_settings_they_are_those_of_the_specification() -> None:
    assert activation_policy(Settings()) == ActivationPolicy(timedelta(days=30), timedelta(days=60), 3)


def test_who_is_churned_before_he_is_inactive_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ImpossiblePolicy, match="ROUNDSMAN_CHURN_AFTER_DAYS"):
        activation_policy(Settings(data_dir=tmp_path, inactive_after_days=60, churn_after_days=60))
