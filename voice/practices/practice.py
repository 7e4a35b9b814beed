"""What a practice file may hold. Adding a practice is adding one file."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from voice import content
from voice.content import Content
from voice.lines import LineSpec


class Phase(Content):
    """One side of a breath."""

    phase: Literal["in", "hold", "out", "rest", "top_up"]
    s: float = Field(gt=0, le=30)
    """Seconds at the practice's own pace."""
    cue: str
    """The word at its start: at most three words, one second, 30% of the phase."""


class Pace(Content):
    """What "slower" and "faster" do."""

    step: float = Field(default=1.1, gt=1, le=1.5)
    slowest_cycle_s: float
    fastest_cycle_s: float
    fixed: tuple[str, ...] = ()
    """Phases that keep their length."""


class Cues(Content):
    """How the words fade."""

    full_cycles: int = Field(default=4, ge=0)
    """Cycles in which every phase has its word."""
    after: tuple[str, ...] = ()
    """Phases that keep their word afterwards; the others get a soft tone."""


class Practice(Content):
    """A breath practice: an opening, whole cycles, a close."""

    name: str
    label: str
    kind: Literal["breath"]
    aliases: tuple[str, ...] = Field(min_length=1)
    default_s: float
    range_s: tuple[float, float]
    cautions: tuple[str, ...] = ()
    evidence: dict[str, str] = Field(default_factory=dict)
    cycle: tuple[Phase, ...] = Field(min_length=1)
    pace: Pace
    cues: Cues = Cues()
    open: tuple[LineSpec, ...]
    """Lines before the first breath; `{length}` is how long it will take."""
    close: tuple[LineSpec, ...]

    @model_validator(mode="after")
    def _in_order(self) -> Practice:
        low, high = self.range_s
        if any("{left}" in line.say or "{text}" in line.say for line in (*self.open, *self.close)):
            raise ValueError("a practice's lines may name {length} alone")
        if not low <= self.default_s <= high:
            raise ValueError("default_s must lie within range_s")
        if not self.pace.fastest_cycle_s <= self.cycle_s() <= self.pace.slowest_cycle_s:
            raise ValueError("the cycle must lie between fastest_cycle_s and slowest_cycle_s")
        return self

    def phase_s(self, phase: Phase, stretch: float = 1.0) -> float:
        """A phase's length at a pace; `stretch` above 1 is slower."""
        return phase.s if phase.phase in self.pace.fixed else phase.s * stretch

    def cycle_s(self, stretch: float = 1.0) -> float:
        """One whole cycle at a pace, in seconds."""
        return sum(self.phase_s(phase, stretch) for phase in self.cycle)

    def cycles_for(self, wanted_s: float | None) -> int:
        """Whole cycles nearest to a wished length within the range."""
        low, high = self.range_s
        length_s = min(max(wanted_s or self.default_s, low), high)
        return max(1, round(length_s / self.cycle_s()))


def load(language: str = content.FALLBACK_LANGUAGE) -> dict[str, Practice]:
    """Every practice of a language, by id (the file's name)."""
    found = content.files("practices", language=language)
    return {name: content.read(path, Practice) for name, path in found.items()}
