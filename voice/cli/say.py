"""`interlude say`: one text, spoken or written to a file."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - typer reads the annotations when it runs
from typing import TYPE_CHECKING, Annotated, Final

import typer

from voice import settings
from voice.clock import RATE_HZ
from voice.errors import DeviceMissing, Failed, UsageProblem
from voice.tts import files
from voice.tts.sound import sixteen_bit
from voice.tts.synth import Synth
from voice.tts.voice import FASTEST_WPM, SLOWEST_WPM, Voice

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

_WPM: Final = 150
"""The pace of plain information."""


def say(
    text: Annotated[str, typer.Argument(help="What to say.")],
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Write a WAV file instead.")
    ] = None,
    wpm: Annotated[
        int | None,
        typer.Option(
            "--rate",
            metavar="WPM",
            min=SLOWEST_WPM,
            max=FASTEST_WPM,
            help=f"Words a minute, {SLOWEST_WPM} to {FASTEST_WPM}; {_WPM} unless told.",
        ),
    ] = None,
) -> None:
    """Speak TEXT through the loudspeaker, or into a WAV file."""
    with Synth(settings.load().voice) as synth:
        sound = Voice(synth, None).render(text, wpm=wpm or _WPM, private=True)
    if not sound.size:
        raise UsageProblem("there is nothing to say in that; give some words")
    if out is None:
        _play(sound)
        return
    try:
        files.write(out, sixteen_bit(sound), "WAV")
    except OSError as refused:
        raise Failed(
            f"{out} cannot be written ({refused.strerror}); choose another place"
        ) from refused


def _play(sound: npt.NDArray[np.float32]) -> None:
    try:
        import sounddevice  # noqa: PLC0415 - it needs PortAudio, which a machine may lack
    except (ImportError, OSError) as absent:
        raise DeviceMissing(
            "PortAudio is not on this machine; install libportaudio2, or give --out FILE"
        ) from absent
    try:
        sounddevice.play(sound, RATE_HZ, blocking=True)
    except sounddevice.PortAudioError as refused:
        raise DeviceMissing(
            "no loudspeaker takes the sound; connect one, or give --out FILE"
        ) from refused
