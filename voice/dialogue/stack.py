"""The stack of conversations: who holds the floor, what is held beneath, how each goes on."""

from __future__ import annotations

from collections.abc import Coroutine
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from voice.dialogue.talk import Asking, Listening, Playing, Reply, Spoken, Talk, Wait

if TYPE_CHECKING:
    from collections.abc import Callable

    from voice.events import Event, Mode, Say

Conversation = Coroutine[Wait[Any], Any, None]


class Stopped(Exception):
    """Thrown into a conversation that the person ended; it may still say a last word."""


@dataclass(slots=True)
class Frame:
    """One conversation: where it stands, and what it waits for."""

    name: str
    conversation: Conversation
    talk: Talk
    mode: Mode
    wait: Wait[Any] | None = None
    answered: Event | None = None
    """What an edge answered while something else had the floor."""

    def accepts(self, intent: str) -> bool:
        """Whether an intent is an answer to what this conversation waits for."""
        match self.wait:
            case Playing():
                return intent == "time_left" or (
                    intent.startswith("practice_") and intent != "practice_start"
                )
            case Asking():
                return intent in ("yes", "no")
            case Listening():
                return intent.startswith("dictation_")
        return False

    def saying(self) -> Say | None:
        """The line it is in the middle of."""
        match self.wait:
            case Spoken(ends_at=None, say=say) | Asking(say=say):
                return say
            case Listening(prompt=prompt):
                return prompt
        return None

    def hold(self, at: int) -> None:
        """Suspend it exactly where it is."""
        if isinstance(self.wait, Playing) and not self.wait.player.paused:
            self.wait.player.pause(at)
            self.wait.forget_line()

    def breathe_in(self, at: int) -> None:
        """Let a practice go on, unless the person has paused it: that is a mode of its own."""
        if isinstance(self.wait, Playing) and self.mode == "practice" and self.wait.player.paused:
            self.wait.player.resume(at)

    def go_on(self, at: int, begin: Callable[[Say], Say]) -> None:
        """Give it the floor back: a cut line is said again, a practice breathes in again."""
        self.breathe_in(at)
        if say := self.saying():
            again = begin(replace(say, at=at))
            match self.wait:
                case Spoken():
                    self.wait.say = again
                case Asking():  # the question stands anew, and so does the time to answer it
                    self.wait.say, self.wait.since = again, 0
                case Listening():
                    self.wait.prompt = again
        elif isinstance(self.wait, Listening):
            self.wait.since = at


def reply_to(frame: Frame, event: object) -> bool:
    """Whether an edge's event is what this conversation asked that edge for."""
    return isinstance(frame.wait, Reply) and isinstance(event, frame.wait.kind)
