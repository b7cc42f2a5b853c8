"""The whole audit: what is counted in the real database, and what is tried beside it."""

from roundsman.runtime import Runtime, signing_keys
from roundsman.security_review.checks import Result
from roundsman.security_review.counting import count_all
from roundsman.security_review.guessing import try_guessing
from roundsman.security_review.injection import try_injection
from roundsman.security_review.leaks import search_answers
from roundsman.security_review.stage import AppFactory, Stage, open_stage
from roundsman.security_review.surface import cookies, try_surface
from roundsman.security_review.tokens import try_tokens


async def review(real: Runtime, uri: str, make_app: AppFactory) -> tuple[Result, ...]:
    """Check everything. Of the real database nothing is changed; what is tried has one of its own at the same server."""
    keys = signing_keys(real.settings)
    counted = await count_all(real, uri, keys)
    async with open_stage(real, uri, make_app) as stage:
        return (*counted, *await try_all(stage))


async def try_all(stage: Stage) -> list[Result]:
    """Try everything on a stage; the answers are searched last, when there are most of them."""
    keys = signing_keys(stage.runtime.settings)
    results = [*await try_tokens(stage, keys), *await try_guessing(stage), *await try_surface(stage)]
    results += await try_injection(stage)
    return [*results, await search_answers(stage), cookies(stage.caller.answers)]
