"""Makes docs/session.svg: a typed session as it looks in a terminal, from a real run."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.text import Text

SAID = [
    "start box breathing for one minute",
    "+12",
    "how long left",
    "+10",
    "stop",
    "new journal entry",
    "She said she was proud of me.",
    "I felt calm, for once.",
    "that's all",
    "read my last entry",
    "yes",
]
"""What is typed; `+12` lets twelve seconds pass."""

# rich's own template names web fonts on other people's hosts.
SVG = """<svg class="rich-terminal" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
<style>.{unique_id}-matrix {{
font-family: monospace; font-size: {char_height}px; line-height: {line_height}px; }}
{styles}</style>
<defs><clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}" /></clipPath>{lines}</defs>
{chrome}<g transform="translate({terminal_x}, {terminal_y})"
clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}<g class="{unique_id}-matrix">{matrix}</g></g></svg>
"""


def main() -> None:
    """Run the session and draw it."""
    program = Path(sys.executable).parent / "interlude"
    console = Console(record=True, width=64, file=io.StringIO())
    with tempfile.TemporaryDirectory() as folder:
        env = os.environ | {"INTERLUDE_HOME": folder, "INTERLUDE_KEY_FILE": f"{folder}/key"}
        child = subprocess.Popen(
            [program, "talk", "--text", "--log", f"{folder}/log"],
            env=env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        out, _ = child.communicate("\n".join(SAID) + "\n")
        order = _in_order(Path(folder) / "log", out.splitlines())
    for line in order:
        console.print(line)
    target = Path("docs/session.svg")
    target.parent.mkdir(exist_ok=True)
    target.write_text(
        console.export_svg(title="interlude talk --text", code_format=SVG), encoding="utf-8"
    )


def _in_order(log: Path, shown: list[str]) -> list[Text]:
    """What was typed and what was shown, in the log's order; the log alone knows when each came."""
    typed = iter(line for line in SAID if not line.startswith("+"))
    replies = iter(shown)
    lines = []
    for event in map(json.loads, log.read_text(encoding="utf-8").splitlines()):
        if event["kind"] == "typed":
            lines.append(Text(f"> {next(typed)}", style="bold cyan"))
        elif event["kind"] in ("say", "cue"):
            lines.append(Text(next(replies), style="dim" if event["kind"] == "cue" else ""))
    return lines


if __name__ == "__main__":
    main()
