"""The OpenAPI document: what FastAPI finds out, the permission of each operation, read from its guard, and problem details."""

from typing import Any, Final

from fastapi import FastAPI

from roundsman.access.permissions import roles_with
from roundsman.web.errors import Problem, ProblemResponse
from roundsman.web.guards import Guard, Public, Require
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
        for entrance in entrances(self):
            if entrance.documented and entrance.guard is not None:
                for method in entrance.methods:
                    _describe(document["paths"][entrance.path][method.lower()], entrance.guard)
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
