"""The settings of passwords, a part of `settings`: what hashing costs, how long they are, how they are reset.

The defaults are those of spec identity, parameters.
"""

from typing import Annotated

from pydantic import Field
from pydantic_settings import BaseSettings


class PasswordSettings(BaseSettings):
    """What can be set of passwords."""

    argon2_memory_kib: Annotated[
        int,
        Field(
            ge=7_168,
            le=131_072,
            description="The memory that computing one password takes, in KiB (argon2id; OWASP Password Storage). A change "
            "of this and of the next two reaches each hash when its owner signs in next.",
        ),
    ] = 19_456
    argon2_passes: Annotated[int, Field(ge=1, le=10, description="How often it goes through that memory (OWASP).")] = 2
    argon2_lanes: Annotated[int, Field(ge=1, le=4, description="In how many lanes (OWASP).")] = 1
    hashing_threads: Annotated[
        int,
        Field(
            ge=1, le=64, description="How many passwords are computed at once; each takes 19 MiB (OWASP) and a core."
        ),
    ] = 2
    hashing_queue: Annotated[
        int, Field(ge=0, le=10_000, description="How many more wait for that; the rest is told to come back (503).")
    ] = 32
    password_shortest: Annotated[
        int,
        Field(
            ge=8, le=64, description="The shortest password that is somebody's only proof (NIST SP 800-63B-4, 3.1.1.2)."
        ),
    ] = 15
    password_shortest_with_second_factor: Annotated[
        int,
        Field(
            ge=8,
            le=64,
            description="The shortest password of who needs a second factor too (NIST SP 800-63B-4, 3.1.1.2).",
        ),
    ] = 8
    password_longest: Annotated[
        int,
        Field(ge=64, le=1024, description="The longest password; more would only cost time (OWASP ASVS 5.0, 6.2.9)."),
    ] = 128
    brand_words: Annotated[
        str,
        Field(description="Words of the business, with commas, that are no password even with digits around them."),
    ] = "roundsman"
    password_reset_minutes: Annotated[
        int, Field(ge=1, le=1440, description="How long a link to set a new password counts (OWASP Forgot Password).")
    ] = 30
    password_resets_per_day: Annotated[
        int,
        Field(
            ge=1, le=1000, description="How many such links one account may ask for in a day (OWASP Forgot Password)."
        ),
    ] = 5
    initial_password_hours: Annotated[
        int,
        Field(
            ge=1,
            le=720,
            description="How long the password counts that `roundsman admin create` made; its owner sets one of his own "
            "meanwhile, or later by a link or code (OWASP ASVS 5.0, 6.4.1).",
        ),
    ] = 72
