"""The audit of Roundsman's own routes: its report is fresh, and it reads what the guards themselves say."""

from pathlib import Path

import pytest
from fastapi import FastAPI

import roundsman
from roundsman.access import inspector
from roundsman.access.permissions import roles_with
from roundsman.access.route_audit.access import Protection
from roundsman.access.route_audit.audit import Audit, audit_routes
from roundsman.access.route_audit.facts import Facts, facts_from
from roundsman.cli.access import own_page
from roundsman.web.guards import Public, Require
from roundsman.web.route_inventory import entrances

pytestmark = pytest.mark.whole

REPORT = Path(__file__).parents[2] / "docs" / "reports" / "ROLE_AUDIT_REPORT.md"


@pytest.fixture(scope="module")
def facts() -> Facts:
    # Made as the command makes it, by an import of nothing but the application.
    from roundsman.app import create_app  # noqa: PLC0415

    own = inspector.Own(str(Path(roundsman.__file__).parent), "roundsman")
    return facts_from({**inspector.facts_of(create_app(), own), "swallowed": []})


@pytest.fixture(scope="module")
def audit(facts: Facts) -> Audit:
    return audit_routes(facts)


def test_nothing_is_found(audit: Audit) -> None:
    assert audit.findings == ()


def test_the_report_is_fresh(audit: Audit, facts: Facts) -> None:
    assert REPORT.read_text("utf-8") == own_page(audit, facts), "run: make docs"


def test_it_reads_what_the_guards_say(audit: Audit, app: FastAPI) -> None:
    read = {(one.route.path, one.route.methods): one for one in audit.accesses}
    for entrance in entrances(app):
        one = read.pop((entrance.path, tuple(sorted(entrance.methods))))
        match entrance.guard:
            case Require(permission):
                assert one.protection is Protection.RESTRICTED
                assert one.permissions == {permission}
                assert one.roles == roles_with(permission)
            case Public(reason):
                assert one.protection is Protection.PUBLIC
                assert one.reason == reason
            case None:
                pytest.fail(f"{entrance} has no guard")
    assert read == {}
