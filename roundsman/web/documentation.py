"""The OpenAPI document: what FastAPI finds out, problem details, and of each operation its permission and its codes.

`x-permission`, `x-roles`, `x-changes` and `x-step-up`, or else `x-public`, are read from the guard of the operation;
`x-codes` are the codes of its refusals by status, and of the whole document what each code means.
"""

from typing import Any, Final

from fastapi import FastAPI

from roundsman.access.permissions import roles_with
from roundsman.web.errors import GENERAL_CODES, Problem, ProblemResponse
from roundsman.web.guards import Guard, Public, Require
from roundsman.web.refusals import codes_by_status, meanings
from roundsman.web.route_inventory import entrances

_SCHEMAS: Final = "#/components/schemas/"

PROBLEM_CONTENT: Final = {ProblemResponse.media_type: {"schema": {"$ref": f"{_SCHEMAS}{Problem.__name__}"}}}
"""The content of a refusal. Given as a model, FastAPI would call it application/json."""


class DocumentedApp(FastAPI):
    """A FastAPI application whose document names the permission each operation needs."""

    def openapi(self) -> dict[str, Any]:
        """Return the OpenAPI document."""
        document = super().openapi()
        document["components"]["schemas"] |= _problem_schemas()
        codes: set[str] = set(GENERAL_CODES)
        for entrance in entrances(self):
            if entrance.documented and entrance.guard is not None:
                for method in entrance.methods:
                    operation = document["paths"][entrance.path][method.lower()]
                    _describe(operation, entrance.guard)
                    operation["x-codes"] = codes_by_status(entrance.endpoint, entrance.guard, operation["responses"])
                    codes.update(*operation["x-codes"].values())
        document["x-codes"] = meanings(codes)
        return document


def _problem_schemas() -> dict[str, Any]:
    schema = Problem.model_json_schema(ref_template=_SCHEMAS + "{model}")
    return {**schema.pop("$defs"), Problem.__name__: schema}


def _describe(operation: dict[str, Any], guard: Guard) -> None:
    match guard:
        case Require(permission, changes, fresh=fresh):
            operation["x-permission"] = permission.value
            operation["x-changes"] = changes.value
            operation["x-step-up"] = fresh
            operation["x-roles"] = sorted(roles_with(permission))
        case Public(reason):
            operation["x-public"] = reason
            operation["security"] = []
