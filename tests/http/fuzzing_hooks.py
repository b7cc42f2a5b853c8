"""What the fuzzer does besides: every request comes from another address, with the token of another admin.

It runs in a process of its own (SCHEMATHESIS_HOOKS) and finds the tokens in the file that FUZZING_TOKENS names.
"""

import json
import os
from itertools import count, cycle
from pathlib import Path
from typing import Any

import schemathesis

_TOKENS = cycle(json.loads(Path(os.environ["FUZZING_TOKENS"]).read_text("utf-8")))
_NUMBERS = count(1)
_UNPROCESSABLE = 422


@schemathesis.auth(refresh_interval=None)
class NextAdmin:
    """The token of the next admin: what one of them does to himself does not end the others' sessions."""

    def get(self, _case: schemathesis.Case[Any], _context: schemathesis.AuthContext) -> str:
        """Take the next token."""
        return str(next(_TOKENS))

    def set(self, case: schemathesis.Case[Any], data: str, _context: schemathesis.AuthContext) -> None:
        """Send it along."""
        case.headers["Authorization"] = f"Bearer {data}"


@schemathesis.hook
def before_call(_context: schemathesis.HookContext, case: schemathesis.Case[Any], _kwargs: dict[str, object]) -> None:
    """Come from another address."""
    number = next(_NUMBERS)
    case.headers["X-Forwarded-For"] = f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}"


@schemathesis.check
def well_formed_is_not_called_malformed(
    _context: schemathesis.CheckContext, response: schemathesis.Response, case: schemathesis.Case[Any]
) -> None:
    """What fits the description may be refused for what it means, as an old password is, but not for its form."""
    fits = case.meta is not None and case.meta.generation.mode.is_positive
    if fits and response.status_code == _UNPROCESSABLE:
        assert response.json()["code"] != "invalid_request"
