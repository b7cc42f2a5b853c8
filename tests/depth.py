"""How much is tried of what is slow: a little in `make test`, much in `make proof`."""

import os

IS_PROOF = os.environ.get("ROUNDSMAN_TESTS") == "proof"


def depth(*, test: int, proof: int) -> int:
    """How often, here and now."""
    return proof if IS_PROOF else test
