"""The audit of routes: a sample application holds every trap once and a clean twin of each."""

import ast
import copy
import json
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roundsman.access import inspector
from roundsman.access.route_audit.access import Access, Protection
from roundsman.access.route_audit.audit import Audit, AuditIncomplete, audit_routes
from roundsman.access.route_audit.comparisons import Comparisons, Named, refuses_itself
from roundsman.access.route_audit.facts import Facts, Place, Route, facts_from
from roundsman.access.route_audit.findings import Code, Level
from roundsman.access.route_audit.markdown import audit_page
from roundsman.access.route_audit.names import is_entry, is_guard_like, is_user_like
from roundsman.access.route_audit.overlaps import example_of, pattern_of

ROOT = Path(__file__).parents[2]
SAMPLE = "tests.sample_app.main"

TRAPS = {
    ("no_authentication", "GET /api/no_authentication/plain"),
    ("no_authentication", "GET /api/no_authentication/hidden"),
    ("no_authentication", "WEBSOCKET /api/no_authentication/socket"),
    ("no_authentication", "GET,HEAD /no_authentication/starlette"),
    ("open_files", "MOUNT /open_files/{path}"),
    ("no_authentication", "GET /sub/no_authentication/below"),
    ("no_role", "GET /api/no_role/profile"),
    ("no_role", "GET /api/no_role/decorated"),
    ("write_for_reader", "DELETE /api/write_for_reader/permission"),
    ("write_for_reader", "POST /api/write_for_reader/role"),
    ("duplicate_route", "GET /api/clean/double"),
    ("shadowed_route", "GET /api/clean/things/latest"),
    ("doubled_prefix", "GET /api/doubled_prefix/doubled_prefix/list"),
    ("decoy_guard", "GET /api/decoy_guard/lambda"),
    ("decoy_guard", "GET /api/decoy_guard/of_route"),
    ("decoy_guard", "GET /api/decoy_guard/partial"),
    ("decoy_guard", "GET /api/decoy_guard/function"),
    ("decoy_guard", "GET /api/decoy_guard/lookup"),
    ("decoy_guard", "GET /api/decoy_guard/overridden"),
    ("no_authentication", "GET /api/no_authentication/optional"),
    ("no_authentication", "POST /api/no_authentication/checked_input"),
    ("no_authentication", "DELETE /api/no_authentication/health/{name}"),
    ("guard_not_depends", "GET /api/guard_not_depends/annotated"),
    ("guard_in_signature", "GET /api/guard_in_signature/list"),
    ("bare_depends", "GET /api/bare_depends/principal"),
    ("conditional_guard", "GET /api/conditional_guard/parameter"),
    ("conditional_guard", "GET /api/conditional_guard/decorator"),
    ("check_in_handler", "GET /api/check_in_handler/role"),
    ("check_in_handler", "GET /api/check_in_handler/key"),
    ("check_in_handler", "GET /api/check_in_handler/alias"),
    ("check_in_handler", "GET /api/check_in_handler/helper"),
    ("unknown_role", "GET /api/unknown_role/closure"),
    ("role_in_other_case", "GET /api/role_in_other_case/closure"),
    ("permission_of_nobody", "GET /api/permission_of_nobody/instance"),
    ("admin_locked_out", "GET /api/admin/admin_locked_out"),
    ("swallowed_import", ""),
    ("missing_module", ""),
    ("router_not_included", ""),
}
WITHOUT_PATCH = {
    # What is mounted or made without a decorator has no line to change; a permission is its owner's to give.
    "GET,HEAD /no_authentication/starlette",
    "MOUNT /open_files/{path}",
    "GET /sub/no_authentication/below",
    "GET /api/decoy_guard/partial",
    "GET /api/decoy_guard/overridden",
    "GET /api/permission_of_nobody/instance",
}


def forget_sample() -> None:
    for name in [name for name in sys.modules if name.startswith("tests.sample_app")]:
        del sys.modules[name]


@pytest.fixture(scope="module")
def told() -> Mapping[str, Any]:
    """What the inspector tells in a process of its own, where nothing else of the tests was imported."""
    folder = str(ROOT / "tests" / "sample_app")
    command = [sys.executable, "-W", "error", inspector.__file__, f"{SAMPLE}:app", folder]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found: Mapping[str, Any] = json.loads(done.stdout)
    return found


@pytest.fixture(scope="module")
def facts(told: Mapping[str, Any]) -> Facts:
    return facts_from(told)


@pytest.fixture(scope="module")
def audit(facts: Facts) -> Audit:
    return audit_routes(facts)


def accesses(audit: Audit) -> dict[str, Access]:
    return {str(one.route): one for one in audit.accesses}


def test_every_trap_is_found_once_and_no_twin_is_flagged(audit: Audit) -> None:
    assert sorted((one.code.value, one.route) for one in audit.findings) == sorted(TRAPS)


def test_every_code_has_its_trap(audit: Audit) -> None:
    of_other_applications = {Code.OPEN_ENTRY, Code.OPEN_DOCUMENTATION, Code.UNDOCUMENTED_ROUTE}
    assert {one.code for one in audit.findings} == set(Code) - of_other_applications


def test_each_finding_has_its_place_its_mend_and_a_patch_that_is_python(audit: Audit, facts: Facts) -> None:
    for one in audit.findings:
        assert Path(one.place.file).exists()
        assert one.place.line > 0
        assert one.mend.advice
        has_patch = one.route not in WITHOUT_PATCH and one.code is not Code.ROUTER_NOT_INCLUDED
        assert bool(one.mend.patch) is has_patch, one
        if has_patch:
            ast.parse(patched(one.mend.patch, facts))


def patched(patch: str, facts: Facts) -> str:
    """Apply a patch as a tool would, by its own line numbers."""
    file = next(line for line in patch.splitlines() if line.startswith("--- a/")).removeprefix("--- a/")
    text = next(text for name, text in facts.sources.items() if str(facts.shown(Place(name, 0))) == f"{file}:0")
    lines = text.splitlines(keepends=True)
    shift = 0
    for start, hunk in re.findall(r"^@@ -(\d+)[^\n]*\n((?:[ +\-\\][^\n]*\n)*)", patch, re.MULTILINE):
        parts = hunk.splitlines(keepends=True)
        before = [line[1:] for line in parts if line[0] in " -"]
        after = [line[1:] for line in parts if line[0] in " +"]
        at = int(start) - 1 + shift
        assert lines[at : at + len(before)] == before
        lines[at : at + len(before)] = after
        shift += len(after) - len(before)
    return "".join(lines)


@pytest.mark.parametrize(
    ("route", "roles"),
    [
        ("GET /api/clean/annotated", {"admin"}),
        ("GET /api/clean/partial", {"admin"}),
        ("GET /api/clean/handler", {"staff", "admin"}),
        ("GET /api/clean/enum", {"staff", "admin"}),
        ("DELETE /api/clean/orders/{order}", {"staff", "admin"}),
        ("GET /api/clean/orders", {"customer", "viewer", "staff", "admin"}),
        ("WEBSOCKET /api/clean/socket", {"admin"}),
        ("GET /api/nested/inner/most", {"admin"}),
        ("GET /clean/sub/below", {"admin"}),
        ("GET /clean/ledger/entries", {"admin"}),
        ("GET /api/admin/admin_locked_out", set()),
    ],
)
def test_roles_are_read_through_closures_objects_routers_and_mounts(audit: Audit, route: str, roles: set[str]) -> None:
    assert accesses(audit)[route].roles == frozenset(roles)
    assert accesses(audit)[route].protection is Protection.RESTRICTED


def test_a_guard_that_decides_by_something_else_restricts_too(audit: Audit) -> None:
    one = accesses(audit)["GET /api/clean/by_name"]
    assert one.protection is Protection.RESTRICTED
    assert one.roles is None


def test_what_is_public_is_so_by_declaration_of_the_code_or_of_the_caller(facts: Facts) -> None:
    found = accesses(audit_routes(facts, public=("/api/no_authentication/*",)))
    assert found["GET /api/clean/open"].protection is Protection.PUBLIC
    assert found["GET /api/no_authentication/plain"].protection is Protection.PUBLIC
    assert found["GET /sub/no_authentication/below"].protection is Protection.UNPROTECTED


def test_middleware_that_refuses_is_named_and_counts_as_no_guard(audit: Audit) -> None:
    (one,) = audit.middleware
    assert one.startswith("only_at_home (")


def test_the_swallowed_import_is_told_with_its_error_and_place(audit: Audit) -> None:
    (one,) = (one for one in audit.findings if one.code is Code.SWALLOWED_IMPORT)
    assert "billing" in one.about
    assert "a_library_that_is_not_installed" in one.about
    assert "import billing" in Path(one.place.file).read_text("utf-8").splitlines()[one.place.line - 1]


def test_an_application_that_cannot_be_imported_says_why() -> None:
    told = inspector.inspect_target("tests.sample_app.billing:router", str(ROOT))
    forget_sample()
    assert told["error"] == "ModuleNotFoundError: No module named 'a_library_that_is_not_installed'"
    assert told["swallowed"] == [], "what came out was not swallowed"


def test_a_package_that_imports_on_demand_what_it_cannot_says_why_at_once(tmp_path: Path) -> None:
    package = tmp_path / "lazy_shop"
    package.mkdir()
    (package / "__init__.py").write_text(
        "import importlib\n\ndef __getattr__(name):\n    return importlib.import_module(f'lazy_shop.{name}')\n"
    )
    (package / "server.py").write_text("raise TypeError('too old a library')\n")
    command = [sys.executable, inspector.__file__, "lazy_shop.server:app", "."]

    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True, timeout=30)

    assert json.loads(done.stdout)["error"] == "TypeError: too old a library"


def without_first_route(told: dict[str, Any]) -> None:
    del told["applications"][0]["routes"][0]


def without_hidden_route(told: dict[str, Any]) -> None:
    routes = told["applications"][0]["routes"]
    routes.remove(next(one for one in routes if not one["documented"]))


def with_operation_that_nobody_saw(told: dict[str, Any]) -> None:
    told["applications"][1]["operations"]["found"].append(["GET", "/unseen"])


@pytest.mark.parametrize(
    "spoil",
    [without_first_route, without_hidden_route, with_operation_that_nobody_saw],
)
def test_an_audit_of_a_part_fails(told: Mapping[str, Any], spoil: Any) -> None:  # noqa: ANN401 - one of those above
    spoiled = copy.deepcopy(dict(told))
    spoil(spoiled)
    with pytest.raises(AuditIncomplete):
        audit_routes(facts_from(spoiled))


def test_the_page_holds_every_route_finding_and_role(audit: Audit, facts: Facts) -> None:
    page = audit_page(audit, facts, title="Sample", made_by="a test")
    assert all(f"| {one.route} |" in page for one in audit.accesses)
    assert all(f"| {one.code.value} | {one.route} |" in page for one in audit.findings)
    assert "| customer | viewer | staff | admin |" in page
    assert "+async def decoy_lambda(user: User = Depends(get_current_user)) -> None: ..." in page
    assert audit.worst() is Level.BLOCKER


def test_the_inspector_needs_nothing_but_an_old_python() -> None:
    tree = ast.parse(Path(inspector.__file__).read_text("utf-8"), feature_version=(3, 8))
    imports = [one for one in ast.walk(tree) if isinstance(one, ast.Import | ast.ImportFrom)]
    names = {
        name.partition(".")[0]
        for one in imports
        for name in ([one.module or ""] if isinstance(one, ast.ImportFrom) else [alias.name for alias in one.names])
    }
    assert names <= sys.stdlib_module_names


SEGMENT = st.sampled_from(["users", "me", "v1", "{name}", "{number:int}", "{share:float}", "{key:uuid}"])


def route_of(segments: list[str]) -> Route:
    path = "/" + "/".join(segments)
    return Route("http", path, path, ("GET",), "one", True, False, False, None, (), 0)


@given(st.lists(SEGMENT, max_size=5))
def test_a_route_takes_its_own_example(segments: list[str]) -> None:
    route = route_of(segments)
    assert pattern_of(route).fullmatch(example_of(route))


@given(st.lists(SEGMENT, min_size=1, max_size=4), st.lists(SEGMENT, min_size=1, max_size=4))
def test_no_route_takes_the_example_of_a_longer_one(some: list[str], more: list[str]) -> None:
    assert not pattern_of(route_of(some)).fullmatch(example_of(route_of(some + more)))


@pytest.mark.parametrize(
    ("body", "roles"),
    [
        ("if user.role != 'admin': raise E", {"admin"}),
        ("if user['role'] not in ('admin', 'staff'): raise E", {"admin", "staff"}),
        ("if user.get('role') != Role.ADMIN: raise E", {"ADMIN"}),
        ("if user.role == 'blocked': raise E", set()),
        ("if not user.role == 'admin': raise E", {"admin"}),
        ("if current_user.role == 'admin': return user\n    raise E", {"admin"}),
        ("role = user.get('role')\n    if role != 'admin': raise E", {"admin"}),
        ("if str(user.role).lower() != 'admin': raise E", {"admin"}),
        ("if order.status != 'open': raise E", set()),
        ("if body.role not in ('admin',): raise E", set()),
    ],
)
def test_allowed_roles_are_those_that_are_not_refused(body: str, roles: set[str]) -> None:
    read = Comparisons.of(ast.parse(f"def f(user, order, body):\n    {body}"))
    assert set(read.allowed()) == {Named(role) for role in roles}


@pytest.mark.parametrize(
    ("body", "refuses"),
    [
        ("raise HTTPException(401)", True),
        ("raise HTTPException(status_code=status.HTTP_403_FORBIDDEN)", True),
        ("raise credentials_exception", True),
        ("return JSONResponse({}, status_code=401)", True),
        ("raise HTTPException(404)", False),
        ("return 401", False),
        ("raise ValueError('no')", False),
    ],
)
def test_a_refusal_is_known_by_its_status_or_its_name(body: str, refuses: bool) -> None:  # noqa: FBT001
    assert refuses_itself(ast.parse(f"def f():\n    {body}")) is refuses


def test_names_tell_users_and_guards_from_the_rest() -> None:
    assert all(map(is_user_like, ["user", "current_user", "_user", "admin", "currentUser", "principal"]))
    assert not any(map(is_user_like, ["user_id", "username", "users", "page", None]))
    assert all(map(is_guard_like, ["require_role", "verify_token", "JWTBearer_auth", "get_current_user", "AdminOnly"]))
    assert not any(map(is_guard_like, ["paging", "get_db", "settings", "author"]))


def test_only_what_has_to_be_open_is_an_entry() -> None:
    open_ones = [
        "/auth/login",
        "/api/v1/auth/otp/verify",
        "/health",
        "/password/reset",
        "/webhooks/bank",
        "/auth/refresh",
    ]
    assert all(map(is_entry, open_ones))
    assert not any(map(is_entry, ["/", "/limits/{tag}/reset", "/orders/refresh", "/users/{id}/sessions", "/otp"]))


def test_the_page_about_the_audit_tells_every_finding_with_its_level() -> None:
    page = (ROOT / "docs" / "access.md").read_text("utf-8")
    rows = re.findall(r"^\| (`[a-z_`, ]+`) \| (\w+) \|", page, re.MULTILINE)
    told = {code.strip(" `"): level for codes, level in rows for code in codes.split(",")}
    assert told == {code.value: code.level.value for code in Code}
