"""How durations and instants are written in sentences and answers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from scale_to_zero.model.quantities import (
    HOUR,
    MINUTE,
    SECOND,
    clock_time,
    date_and_time,
    in_minutes,
    in_seconds,
    iso_in_utc,
    iso_with_offset,
    whole_seconds,
)

INSTANT = datetime(2026, 11, 29, 23, 4, 5, 999_999, tzinfo=UTC)


@pytest.mark.parametrize(
    ("duration", "language", "minutes", "seconds"),
    [
        (5 * MINUTE, "en", "5 minutes", "300 seconds"),
        (1.49 * MINUTE, "en", "1 minute", "89 seconds"),
        (1.51 * MINUTE, "en", "2 minutes", "91 seconds"),
        (SECOND, "en", "0 minutes", "1 second"),
        (2 * SECOND, "fr", "0 minute", "2 secondes"),
        (HOUR, "fr", "60 minutes", "3600 secondes"),
    ],
)
def test_a_duration_is_rounded_to_the_nearest_minute_or_second(
    duration: timedelta, language: str, minutes: str, seconds: str
) -> None:
    assert (in_minutes(duration, language=language), in_seconds(duration, language=language)) == (minutes, seconds)
    assert seconds.startswith(f"{whole_seconds(duration)} ")


def test_an_instant_is_written_to_the_second() -> None:
    assert clock_time(INSTANT) == "23:04:05"
    assert date_and_time(INSTANT) == "2026-11-29 23:04:05 UTC"
    assert iso_with_offset(INSTANT) == "2026-11-29T23:04:05+00:00"
    assert iso_in_utc(INSTANT) == "2026-11-29T23:04:05Z"


def test_an_instant_of_another_zone_is_converted_only_if_its_zone_is_not_written() -> None:
    there = INSTANT.astimezone(timezone(HOUR))
    assert iso_with_offset(there) == "2026-11-30T00:04:05+01:00"
    assert iso_in_utc(there) == "2026-11-29T23:04:05Z"
