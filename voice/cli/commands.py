"""The commands, gathered."""

from __future__ import annotations

import sys

import typer

from voice.cli import models
from voice.cli.doctor import doctor
from voice.cli.hear import hear
from voice.cli.say import say
from voice.cli.talk import talk
from voice.errors import UsageProblem

app = typer.Typer(
    name="interlude",
    help="An offline, hands-free voice companion for the time between therapy sessions.",
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command()(talk)
app.command()(hear)
app.command()(say)
app.command()(doctor)
app.add_typer(models.app, name="models")


def run() -> int:
    """Run what the command line asks for; its exit status.

    Raises:
        UsageProblem: the command line cannot be read.
        InterludeError: what was asked for went wrong.
    """
    try:
        status = app(sys.argv[1:] or ["--help"], standalone_mode=False)
    except typer.Abort:
        raise KeyboardInterrupt from None
    except typer.TyperException as problem:
        say_why = getattr(problem, "format_message", None)
        why = " ".join(str(say_why() if say_why else problem).split()).rstrip(".")
        raise UsageProblem(f"{why}; see interlude --help") from problem
    return status if isinstance(status, int) else 0
