"""Numbers and lengths of time, as they are spoken."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice.nlu import numbers


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("half a minute", 30),
        ("half an hour", 1800),
        ("a minute", 60),
        ("one minute", 60),
        ("a minute and a half", 90),
        ("one and a half minutes", 90),
        ("two and a half minutes", 150),
        ("a couple of minutes", 120),
        ("ninety seconds", 90),
        ("ninety-five seconds", 95),
        ("twenty five minutes", 1500),
        ("10 minutes", 600),
        ("an hour and a half", 5400),
        ("five minutes no ten minutes", 600),
        ("ten minutes no make it five minutes please", 300),
        ("a minute no half a minute", 30),
    ],
)
def test_a_length_of_time_is_understood(said: str, seconds: float) -> None:
    """Lengths in words or digits become seconds; the last one wins, because it corrects."""
    found = numbers.find_duration(f"box breathing for {said}")
    assert found is not None
    assert found[1] == seconds


@pytest.mark.parametrize(
    "said", ["", "minutes", "the minute hand", "seconds out", "a minuscule amount", "five", "tens"]
)
def test_what_is_no_length_of_time_is_none(said: str) -> None:
    """A unit without an amount, an amount without a unit, and a longer word are no lengths."""
    assert numbers.find_duration(said) is None


@given(st.integers(0, 99))
def test_a_number_spoken_is_a_number_understood(number: int) -> None:
    """Each number below one hundred comes back from its words, with a space or a hyphen."""
    said = numbers.spoken(number)
    assert numbers.value(said) == number
    assert numbers.value(said.replace(" ", "-")) == number


@given(st.integers(1, 99), st.sampled_from([("second", 1), ("minute", 60), ("hour", 3600)]))
def test_each_whole_length_is_understood(count: int, unit: tuple[str, int]) -> None:
    """So many seconds, minutes or hours, in words or in digits, are as many seconds."""
    name, unit_s = unit
    for said in (numbers.spoken(count), str(count)):
        found = numbers.find_duration(f"for {said} {name}{'s' if count > 1 else ''} please")
        assert found is not None
        assert found[1] == count * unit_s


@given(st.floats(30, 5900))
def test_a_spoken_length_is_true_to_half_a_minute(length_s: float) -> None:
    """What the program says of a length is understood by itself, and off by 15 s at most."""
    found = numbers.find_duration(numbers.spoken_duration(length_s))
    assert found is not None
    assert abs(found[1] - length_s) <= 15.001


@pytest.mark.parametrize("said", ["", "half", "twenty twenty", "one two", "forty zero", "hundred"])
def test_what_is_no_number_is_none(said: str) -> None:
    """Words that do not say one number below one hundred give no number."""
    assert numbers.value(said) is None


@pytest.mark.parametrize(
    ("said", "wanted_s"),
    [
        ("one minute and thirty seconds", 90),
        ("two minutes ten seconds", 130),
        ("a quarter of an hour", 900),
        ("three quarters of an hour", 2700),
        ("five minutes no ten minutes", 600),
    ],
)
def test_lengths_of_several_parts_are_summed(said: str, wanted_s: float) -> None:
    """Neighbouring parts are one length; a correction is not."""
    found = numbers.find_duration(said)
    assert found is not None
    assert found[1] == wanted_s
