"""The command `roundsman activation messages`: which messages customers get as they come and go."""

from dataclasses import replace
from typing import Annotated

import typer

from roundsman.audit_log.entries import SYSTEM
from roundsman.cli.output import print_table
from roundsman.cli.running import run
from roundsman.errors import InvalidInput
from roundsman.notifications.messages import ACTIVATION_TEMPLATES, Channel
from roundsman.notifications.switches import Switch, list_switches
from roundsman.operations.facts.activation_messages import switch_message
from roundsman.runtime import open_runtime
from roundsman.settings import load_settings


class UnknownTemplate(InvalidInput):
    """There is no message of this name."""

    code = "unknown_template"


def messages(
    template: Annotated[str | None, typer.Argument(help="The message to switch; all are listed without it.")] = None,
    *,
    on: Annotated[bool | None, typer.Option("--on/--off", help="Whether it is sent from now on.")] = None,
    channel: Annotated[list[Channel] | None, typer.Option(help="Over which channel; may be given twice.")] = None,
    dlt_template: Annotated[
        str | None, typer.Option(help="The id under which India knows its text; fills {dlt} of the gateway.")
    ] = None,
) -> None:
    """List the messages that customers get as they come and go, or switch one on or off."""
    if template is None:
        return _print(run(_list()))
    if template not in ACTIVATION_TEMPLATES:
        raise UnknownTemplate(f"There is no message {template}; there are: {', '.join(ACTIVATION_TEMPLATES)}")
    return _print(run(_set(template, on=on, channels=tuple(dict.fromkeys(channel or ())), dlt_template=dlt_template)))


async def _list() -> list[Switch]:
    async with open_runtime(load_settings()) as runtime:
        return await list_switches(runtime.tx)


async def _set(
    template: str, *, on: bool | None, channels: tuple[Channel, ...], dlt_template: str | None
) -> list[Switch]:
    async with open_runtime(load_settings()) as runtime:
        (before,) = [one for one in await list_switches(runtime.tx) if one.template == template]
        switch = replace(
            before,
            on=before.on if on is None else on,
            channels=channels or before.channels,
            dlt_template=dlt_template or before.dlt_template,
        )
        await switch_message(runtime.tx, switch, actor=SYSTEM, now=runtime.clock())
        return await list_switches(runtime.tx)


def _print(switches: list[Switch]) -> None:
    rows = [
        (one.template.value, "on" if one.on else "off", ", ".join(one.channels), one.dlt_template or "-")
        for one in switches
    ]
    print_table(("message", "sent", "channels", "DLT template"), rows)
