"""The settings of codes by SMS and e-mail, a part of `settings`: how long they count, how often they are sent and tried.

The defaults are those of spec identity, parameters; sources are NIST SP 800-63B-4 and OWASP ASVS 5.0, V6.6.
"""

from typing import Annotated

from pydantic import Field, NonNegativeInt, PositiveInt
from pydantic_settings import BaseSettings

Limit = Annotated[int, Field(ge=0, le=1_000_000)]


class CodeSettings(BaseSettings):
    """What can be set of codes. A limit of 0 lets nothing pass."""

    otp_digits: int = Field(
        6, ge=6, le=10, description="How many digits a code has (OWASP ASVS 5.0, 6.6.2: at least 20 bits)."
    )
    otp_staff_digits: int = Field(
        8,
        ge=6,
        le=10,
        description="How many digits the code of somebody of the staff has (OWASP ASVS 5.0, 6.6.2, and more).",
    )
    otp_minutes: int = Field(5, ge=1, le=10, description="For how long a code counts (NIST: at most ten minutes).")
    otp_tries: int = Field(5, ge=1, le=10, description="How often one code may be tried (OWASP ASVS 5.0, 6.6.3).")
    otp_resend_seconds: tuple[PositiveInt, ...] = Field(
        (60, 120, 240),
        min_length=1,
        description="How long until the next code may be asked for: after the first, the "
        "second and so on; the last of these repeats (OWASP ASVS 5.0, 2.4.1).",
    )
    otp_per_contact_hour: Limit = Field(
        5,
        description="How many codes go to one phone or e-mail in an hour: nobody's phone is to ring without end (OWASP ASVS 5.0, 2.4.1).",
    )
    otp_per_contact_day: Limit = Field(10, description="How many in a day (OWASP ASVS 5.0, 2.4.1).")
    otp_per_address_hour: Limit = Field(
        10,
        description="How many codes one client address may ask for in an hour; more "
        "where a whole neighbourhood shares one (OWASP ASVS 5.0, 2.4.1).",
    )
    otp_per_address_day: Limit = Field(60, description="How many in a day (OWASP ASVS 5.0, 2.4.1).")
    otp_per_prefix_hour: Limit = Field(
        30,
        description="How many codes go to one block of numbers in an hour: blocks are "
        "how messages are turned into money (SMS pumping; OWASP ASVS 5.0, 2.4.1).",
    )
    otp_prefix_omits_digits: int = Field(
        3,
        ge=1,
        le=6,
        description="How many digits at the end do not count for the block: with three a block has a thousand numbers.",
    )
    otp_budget_hour: Limit = Field(
        500,
        description="How many codes are sent in an hour in all. Then none is until the hour "
        "ends, and the audit log says so. Set it to what your busiest hour needs (OWASP ASVS 5.0, 2.4.1).",
    )
    otp_failures_per_contact_day: Limit = Field(
        15,
        description="How many wrong codes may be named for one phone in a day, "
        "whatever codes are new (NIST SP 800-63B-4, 3.2.2).",
    )
    otp_failures_per_address: Limit = Field(
        30,
        description="How many wrong codes one client address may name in the time of the next setting (OWASP ASVS 5.0, 6.6.3).",
    )
    otp_failures_per_address_minutes: int = Field(
        5, ge=1, le=1440, description="The time in which wrong codes of an address are counted (OWASP ASVS 5.0, 6.6.3)."
    )
    otp_failures_in_all_hour: Limit = Field(
        300,
        description="How many guesses at codes may fail in an hour in all. Then no "
        "code counts until the hour ends, and the audit log says so (OWASP ASVS 5.0, 6.6.3).",
    )
    otp_proof_minutes: int = Field(
        15,
        ge=1,
        le=60,
        description="How long somebody may take to fill in his registration after he has proved his phone.",
    )
    recycled_after_days: NonNegativeInt = Field(
        90,
        description="How long somebody must have been silent before a new owner "
        "of his number may register with it; operators give numbers out again after 90 days (TRAI).",
    )
