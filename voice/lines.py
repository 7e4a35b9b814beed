"""Spoken lines by id: their text with values filled in, their pace, the pause after them."""

from __future__ import annotations

from string import Formatter
from typing import TYPE_CHECKING, Annotated, Final, Literal

from pydantic import AfterValidator, Field

from voice.clock import samples
from voice.content import Content

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from voice.practices.practice import Practice

Pace = Literal["information", "prompt", "guidance", "safety"]


VALUES: Final = frozenset({"length", "left", "text"})
"""What a line may name in braces: a practice's length, what is left of it, the person's words."""


def _names_values(say: str) -> str:
    """A line whose braces are closed and name nothing else."""
    try:
        named = {name for _, name, _, _ in Formatter().parse(say) if name is not None}
    except ValueError as problem:
        raise ValueError(f"a brace is not closed ({problem})") from problem
    if named - VALUES:
        raise ValueError(f"it names {sorted(named - VALUES)}, and may name {sorted(VALUES)}")
    return say


class LineSpec(Content):
    """Something that is said."""

    say: Annotated[str, AfterValidator(_names_values)]
    """`{name}` is replaced by a value."""
    pace: Pace = "prompt"
    after_s: float = Field(default=0.4, ge=0, le=5)
    """Silence after it (0.4 s after a lead-in is voice-interface practice)."""


PACE_WPM: Final[Mapping[Pace, int]] = {
    "information": 150,
    "prompt": 145,
    "guidance": 135,
    "safety": 130,
}
"""Words a minute by what is said (voice design, F.1: comfort lies at 150, guidance below it)."""


class Lines:
    """Everything that can be said."""

    def __init__(
        self,
        lines: Mapping[str, LineSpec],
        practices: Mapping[str, Practice],
        help_line: str,
        usual_wpm: int = PACE_WPM["prompt"],
    ) -> None:
        """Gather the lines of intent files, practice files and the safety file.

        Args:
            lines: by id, from the intent files.
            practices: their opening and closing lines become `<practice>.open.1` and so on.
            help_line: the one fixed line with numbers, `safety.help`.
            usual_wpm: the person's own pace for prompts; the other paces keep their distance.
        """
        self._lines = dict(lines)
        for name, practice in practices.items():
            for part in ("open", "close"):
                for number, spec in enumerate(getattr(practice, part), start=1):
                    guided = spec.model_copy(update={"pace": "guidance"})
                    self._lines[f"{name}.{part}.{number}"] = guided
        self._lines["safety.help"] = LineSpec(say=help_line, pace="safety", after_s=0.6)
        self._shift_wpm = usual_wpm - PACE_WPM["prompt"]

    def __contains__(self, line: str) -> bool:
        return line in self._lines

    def __iter__(self) -> Iterator[str]:
        return iter(self._lines)

    @property
    def guidance_wpm(self) -> int:
        """The pace of practice cues."""
        return PACE_WPM["guidance"] + self._shift_wpm

    def spec(self, line: str) -> LineSpec:
        """The line as its file has it."""
        return self._lines[line]

    def text(self, line: str, values: Mapping[str, str]) -> str:
        """What is spoken."""
        return self._lines[line].say.format(**values)

    def wpm(self, line: str) -> int:
        """How fast."""
        return PACE_WPM[self._lines[line].pace] + self._shift_wpm

    def pause_after(self, line: str) -> int:
        """Silence after it, in clock samples."""
        return samples(self._lines[line].after_s)

    def numbered(self, stem: str) -> list[str]:
        """The ids `<stem>.1`, `<stem>.2`, … that exist."""
        return [line for line in self._lines if line.rpartition(".")[0] == stem]

    def about_s(self, line: str, values: Mapping[str, str]) -> float:
        """How long a line is thought to take.

        Measured on espeak-ng: 0.072 s a character at 135 words a minute.
        """
        return len(self.text(line, values)) * 0.072 * 135 / self.wpm(line)
