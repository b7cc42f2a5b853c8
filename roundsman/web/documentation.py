"""The OpenAPI document: what FastAPI finds out, and the permission of each operation, read from its guard."""

from typing import Any

from fastapi import FastAPI

from roundsman.access.permissions import roles_with
from roundsman.web.guards import Guard, Public, Require
from roundsman.web.route_inventory import entrances


class DocumentedApp(FastAPI):
    """A FastAPI application whose document names the permission each operation needs."""

    def openapi(self) -> dict[str, Any]:
        """Return the OpenAPI document."""
        document = super().openapi()
        for entrance in entrances(self):
            if entrance.documented and entrance.guard is not None:
                for method in entrance.methods:
                    _describe(document["paths"][entrance.path][method.lower()], entrance.guard)
        return document


def _describe(operation: dict[str, Any], guard: Guard) -> None:
    match guard:
        case Require(permission):
            operation["x-permission"] = permission.value
            operation["x-roles"] = sorted(roles_with(permission))
        case Public(reason):
            operation["x-public"] = reason
            operation["security"] = []
