"""The command line: `interlude talk|hear|say|doctor|models`.

Exit status: 0 fine, 1 something asked for failed, 2 usage, 3 a needed part is missing (model,
voice, device), 4 the input cannot be used, 130 interrupted.
"""

from __future__ import annotations

import os
import sys
import traceback
from pathlib import Path

from voice import interrupt
from voice.errors import InterludeError


def main() -> None:
    """Run a command; whatever goes wrong is one line on stderr and an exit status."""
    interrupt.listen()
    try:
        from voice.cli.commands import run  # noqa: PLC0415 - loading takes half a second

        status = run()
    except InterludeError as problem:
        _tell(problem)
        status = problem.exit_status
    except KeyboardInterrupt:
        status = interrupt.STATUS
    except BrokenPipeError:  # whoever read our output has gone
        sys.stdout = None  # nothing is left to flush
        status = 1
    except Exception as fault:  # the last resort: a person is not shown a traceback
        if os.environ.get("INTERLUDE_TRACEBACK"):
            raise
        print(f"interlude: {_broken(fault)}", file=sys.stderr)  # noqa: T201 - the one line
        status = 1
    sys.exit(interrupt.STATUS if interrupt.came() else status)


def _broken(fault: Exception) -> str:
    """Where it broke, without any value: a value may hold somebody's words."""
    where = traceback.extract_tb(fault.__traceback__)[-1]
    return (
        f"something broke inside ({type(fault).__name__}, {Path(where.filename).name} "
        f"line {where.lineno}); what was kept is safe: start again"
    )


def _tell(problem: InterludeError) -> None:
    print(f"interlude: {problem}", file=sys.stderr)  # noqa: T201 - the one line
