"""Asking the admin at the keyboard who he is: his password, and the code of his authenticator."""

import sys
from typing import Annotated

import typer

from roundsman.auth.hashing import PasswordHashing
from roundsman.ids import UserId
from roundsman.operations.signing_in.terminal_proof import TerminalProof, Typed, prove_admin
from roundsman.runtime import Runtime, argon2_cost

As = Annotated[
    str, typer.Option("--as", help="The admin who does it: his phone or e-mail. He is asked for his password.")
]
ProofStdin = Annotated[
    bool,
    typer.Option(
        "--proof-stdin",
        help="Read his password, and on a second line the code of his authenticator, from standard input.",
    ),
]


def typed_by(who: str, *, from_stdin: bool) -> Typed:
    """Ask for the proofs, hidden and on standard error: standard output may be a file with JSON."""
    if from_stdin:
        password, code = (sys.stdin.readline().rstrip("\r\n") for _ in range(2))
    else:
        password = typer.prompt(f"Password of {who}", hide_input=True, err=True)
        code = typer.prompt(
            "Code of his authenticator (empty if he has none)", default="", show_default=False, err=True
        )
    return Typed(who, password, code or None)


async def proved_admin(runtime: Runtime, typed: Typed) -> UserId:
    """The admin who typed it. Raises what `prove_admin` does."""
    hashing = PasswordHashing(workers=1, cost=argon2_cost(runtime.settings))
    try:
        by = TerminalProof(hashing, runtime.authenticators, runtime.assurance)
        return await prove_admin(runtime.tx, typed, by=by, now=runtime.clock())
    finally:
        hashing.close()
