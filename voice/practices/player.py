"""The player: a practice under way. It is asked what falls due in each tick, to the sample.

It knows no sound and no words of the person: it answers with cues, chimes and lines to be said, and
is told when a line has ended. Everything is counted from absolute samples, so that nothing drifts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from voice.clock import samples

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from voice.lines import LineSpec
    from voice.practices.practice import Phase, Practice

_LEAD_S: Final = 1.0
"""From the last word, or from "resume", to the first in-breath."""
_AFTER_CUE_S: Final = 0.9
"""An answer in a rest begins this long after the rest's own cue."""
_QUIET_END_S: Final = 1.0
"""Nothing is said in the last second of a phase."""
_LEAST_REST_S: Final = 4.0
"""A rest shorter than this holds no sentence."""


@dataclass(frozen=True, slots=True)
class DueCue:
    """A cue that belongs at exactly `at`; `word` is empty where a tone stands for it."""

    at: int
    phase: str
    word: str
    cycle: int


@dataclass(frozen=True, slots=True)
class DueLine:
    """A line that is to be said now; the player waits for `said()`."""

    line: str
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class DueChime:
    """A soft sound, now."""

    name: str


Due = DueCue | DueLine | DueChime


@dataclass(frozen=True, slots=True)
class Aside:
    """A sentence that waits for a rest."""

    line: str
    values: Callable[[int], Mapping[str, str]]
    """What the line names, as of the clock sample at which it is said."""
    about_s: Callable[[int], float]
    """How long it is thought to take when said then."""


class Player:
    """One practice from its opening to its close."""

    def __init__(self, name: str, practice: Practice, wanted_s: float | None, at: int) -> None:
        self.name = name
        self.practice = practice
        self.cycles = practice.cycles_for(wanted_s)
        self.length_s = self.cycles * practice.cycle_s()
        self.values: Mapping[str, str] = {}
        """What the practice's own lines may name, such as `length`."""
        self.paused = False
        self._stage: Literal["open", "cycles", "close", "done"] = "open"
        self._line = 0
        self._next_at = at
        """Open and close: when the next line may begin. Cycles: when the cycle under way began."""
        self._saying = False
        self._cycle = 0
        self._phase = 0
        self._stretch = self._wanted_stretch = 1.0
        self._spent_s = 0.0
        """Length of what has been breathed, and of the free breaths between."""
        self._aside: Aside | None = None
        self._chime = ""

    @property
    def done(self) -> bool:
        """Whether the close has been said."""
        return self._stage == "done"

    def left_s(self, at: int) -> float:
        """Seconds of breathing that are left."""
        if self._stage in ("close", "done"):
            return 0.0
        into_s = 0.0
        if self._stage == "cycles" and not self.paused:
            into_s = max(0, at - self._next_at) / samples(1)
        return max(0.0, (self.cycles - self._cycle) * self.practice.cycle_s(self._stretch) - into_s)

    def due(self, start: int, end: int) -> list[Due]:
        """What falls due in `[start, end)`."""
        if self.paused or self.done or self._saying:
            return []
        chime, self._chime = self._chime, ""
        due: list[Due] = [DueChime(chime)] if chime else []
        if self._stage == "cycles":
            return due + self._due_in_cycle(start, end)
        return due + self._due_line(start)

    def said(self, at: int) -> None:
        """The line asked for has ended, its own pause included."""
        if not self._saying:  # an aside inside a rest: the breath went on
            return
        self._saying = False
        if self._stage == "cycles":  # an aside between two breaths: its time comes from the end
            begin = at + samples(_LEAD_S / 2)
            self._spent_s += (begin - self._next_at) / samples(1)
            self._next_at = begin
            self._refit()
            self._close_if_over()
            return
        self._line += 1
        self._next_at = at
        if self._line < len(self._lines()):
            return
        if self._stage == "open":
            self._begin_cycles(at)
        else:
            self._stage = "done"

    def aside(self, aside: Aside) -> None:
        """Say a sentence in the next rest that can hold it, or between two cycles."""
        self._aside = aside

    def pause(self, at: int) -> None:
        """Hold everything."""
        del at
        self.paused, self._saying = True, False

    def resume(self, at: int) -> None:
        """Go on from the line that was cut, or from the in-breath of the cycle that was cut."""
        self.paused = False
        self._again(at)

    def skip(self, at: int) -> None:
        """On to the next part: past the opening, to the next cycle, to the close."""
        self._saying = False
        if self._stage == "open":
            self._begin_cycles(at)
        elif self._stage == "cycles":
            self._end_cycle(at)
            self._next_at = at + samples(_LEAD_S / 2)
        else:
            self._stage = "done"

    def repeat(self, at: int) -> None:
        """This part again: the line that is being said, or the cycle under way."""
        self._again(at)

    def change_pace(self, *, slower: bool) -> bool:
        """From the next cycle on; False when the practice goes no further in that direction."""
        pace = self.practice.pace
        wanted = self._wanted_stretch
        stretch = wanted * pace.step if slower else wanted / pace.step
        if not pace.fastest_cycle_s <= self.practice.cycle_s(stretch) <= pace.slowest_cycle_s:
            return False
        self._wanted_stretch = stretch
        return True

    def _lines(self) -> tuple[LineSpec, ...]:
        return self.practice.open if self._stage == "open" else self.practice.close

    def _due_line(self, start: int) -> list[Due]:
        if start < self._next_at:
            return []
        self._saying = True
        line = f"{self.name}.{self._stage}.{self._line + 1}"
        return [DueLine(line, self.values)]

    def _begin_cycles(self, at: int) -> None:
        self._stage = "cycles"
        self._chime = "begin"
        self._next_at = at + samples(_LEAD_S)
        self._cycle = self._phase = 0

    def _again(self, at: int) -> None:
        self._saying = False
        if self._stage == "cycles":
            self._phase = 0
            self._next_at = at + samples(_LEAD_S)
        else:
            self._next_at = at

    def _onset(self, phase: int) -> int:
        before = self.practice.cycle[:phase]
        return self._next_at + samples(
            sum(self.practice.phase_s(side, self._stretch) for side in before)
        )

    def _due_in_cycle(self, start: int, end: int) -> list[Due]:
        due: list[Due] = []
        while self._stage == "cycles" and self._onset(self._phase) < end:
            if self._phase == len(self.practice.cycle):
                self._end_cycle(self._onset(self._phase))
                if (
                    self._aside
                    and self._stage == "cycles"
                    and not self._fits_rest(self._aside, start)
                ):
                    self._saying = True
                    return [*due, *self._take_aside(start)]
                continue
            due.append(self._cue(self.practice.cycle[self._phase]))
            self._phase += 1
        return due or (self._take_aside(start) if self._rest_is_free(start) else [])

    def _cue(self, side: Phase) -> DueCue:
        cues = self.practice.cues
        spoken = self._cycle < cues.full_cycles or side.phase in cues.after
        return DueCue(
            self._onset(self._phase), side.phase, side.cue if spoken else "", self._cycle + 1
        )

    def _end_cycle(self, at: int) -> None:
        self._spent_s += self.practice.cycle_s(self._stretch)
        self._cycle += 1
        self._phase = 0
        self._next_at = at
        if self._wanted_stretch != self._stretch:
            self._stretch = self._wanted_stretch
            self._refit()
        self._close_if_over()

    def _refit(self) -> None:
        """As many whole cycles as the wished length still holds at this pace."""
        left_s = self.length_s - self._spent_s
        self.cycles = self._cycle + max(0, round(left_s / self.practice.cycle_s(self._stretch)))

    def _close_if_over(self) -> None:
        if self._cycle >= self.cycles:
            self._stage = "close"
            self._line = 0
            self._aside = None  # the close itself says how long is left

    def _fits_rest(self, aside: Aside, at: int) -> bool:
        return any(
            side.phase == "rest"
            and (length_s := self.practice.phase_s(side, self._stretch)) >= _LEAST_REST_S
            and _AFTER_CUE_S + aside.about_s(at) <= length_s - _QUIET_END_S
            for side in self.practice.cycle
        )

    def _rest_is_free(self, at: int) -> bool:
        """Whether `at` is a moment in a rest at which the waiting aside may begin."""
        if self._stage != "cycles" or not self._aside or not self._phase:
            return False
        if self.practice.cycle[self._phase - 1].phase != "rest" or not self._fits_rest(
            self._aside, at
        ):
            return False
        begin = self._onset(self._phase - 1) + samples(_AFTER_CUE_S)
        latest = self._onset(self._phase) - samples(_QUIET_END_S + self._aside.about_s(at))
        return begin <= at <= latest

    def _take_aside(self, at: int) -> list[Due]:
        aside, self._aside = self._aside, None
        return [DueLine(aside.line, aside.values(at))] if aside else []
