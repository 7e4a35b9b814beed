"""Which microphones and loudspeakers there are, and which one is meant."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from voice.audio.quiet import c_stderr_silenced
from voice.errors import DeviceMissing

if TYPE_CHECKING:
    from types import ModuleType

Way = Literal["input", "output"]

_CALLED: Final[dict[Way, str]] = {"input": "microphone", "output": "loudspeaker"}


@dataclass(frozen=True)
class Device:
    """A microphone or a loudspeaker, as PortAudio tells of it."""

    name: str
    """Its full name: what a settings file stores."""

    host: str
    """The system it is reached by ("ALSA", "Core Audio", "Windows WASAPI")."""

    index: int
    """PortAudio's number, which holds until the list is read again: never to be stored."""

    channels: int
    """The most channels it has in this direction."""

    rate_hz: int
    """The rate it prefers."""


def portaudio() -> ModuleType:
    """The `sounddevice` module, imported when first asked for.

    Raises:
        DeviceMissing: the PortAudio library is not on this machine.
    """
    try:
        with c_stderr_silenced():
            import sounddevice  # noqa: PLC0415 - without PortAudio the import fails; text still works
    except OSError as error:
        raise DeviceMissing(
            "the PortAudio library is not there; install it (on Debian: libportaudio2)"
        ) from error
    except Exception as error:  # its own PortAudioError, out of the very module that is not there
        raise DeviceMissing(
            f"the sound system does not start ({error}); mend its settings, or type instead"
        ) from error
    module: ModuleType = sounddevice
    return module


def inputs() -> list[Device]:
    """Every microphone, in PortAudio's order.

    Raises:
        DeviceMissing: the PortAudio library is not on this machine.
    """
    return _devices("input")


def outputs() -> list[Device]:
    """Every loudspeaker, in PortAudio's order.

    Raises:
        DeviceMissing: the PortAudio library is not on this machine.
    """
    return _devices("output")


def choose(kind: Way, wanted: str | None) -> Device:
    """The device with the full name `wanted`, or without one the system's default.

    Where several systems know the same name, `name (host)` picks one; else it is the first.

    Raises:
        DeviceMissing: there is none at all, or none of that name.
    """
    found = _devices(kind)
    if not found:
        raise DeviceMissing(f"there is no {_CALLED[kind]}; plug one in, or type instead")
    if wanted is None:
        standard = portaudio().default.device[kind]
        return next((device for device in found if device.index == standard), found[0])
    for device in found:
        if wanted in {device.name, f"{device.name} ({device.host})"}:
            return device
    names = ", ".join(device.name for device in found)
    raise DeviceMissing(f'there is no {_CALLED[kind]} named "{wanted}"; choose one of: {names}')


def _devices(kind: Way) -> list[Device]:
    sounddevice = portaudio()
    try:
        with c_stderr_silenced():
            hosts = sounddevice.query_hostapis()
            told: list[dict[str, Any]] = list(sounddevice.query_devices())
    except sounddevice.PortAudioError:  # it was restarted and did not come up: nothing is there
        return []
    return [
        Device(
            name=str(facts["name"]),
            host=str(hosts[facts["hostapi"]]["name"]),
            index=int(facts["index"]),
            channels=int(facts[f"max_{kind}_channels"]),
            rate_hz=round(facts["default_samplerate"]),
        )
        for facts in told
        if facts[f"max_{kind}_channels"] > 0
    ]
