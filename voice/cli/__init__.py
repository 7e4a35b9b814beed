"""The command line: `interlude talk|hear|say|doctor|models`.

Exit status: 0 fine, 1 something asked for failed, 2 usage, 3 a needed part is missing (model,
voice, device), 4 the input cannot be used, 130 interrupted.
"""

from __future__ import annotations

import sys

import typer

from voice.cli import models
from voice.cli.doctor import doctor
from voice.cli.hear import hear
from voice.cli.say import say
from voice.cli.talk import talk
from voice.errors import InterludeError

app = typer.Typer(
    name="interlude",
    help="An offline, hands-free voice companion for the time between therapy sessions.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command()(talk)
app.command()(hear)
app.command()(say)
app.command()(doctor)
app.add_typer(models.app, name="models")


def main() -> None:
    """Run a command; whatever goes wrong is one line on stderr and an exit status."""
    try:
        app()  # typer ends the process itself: 2 for usage, 130 when interrupted
    except InterludeError as problem:
        print(f"interlude: {problem}", file=sys.stderr)  # noqa: T201 - the one line
        sys.exit(problem.exit_status)
