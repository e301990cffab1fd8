"""Rules for alerts of a camera, as ``pipeline.json`` has them below ``cameras.ID.alerts``."""

import zoneinfo
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, tzinfo
from typing import Final

from pipeline.files.json_reader import JsonReader

_DAYS: Final = 7
_MINUTES: Final = 24 * 60
_LONGEST_S: Final = 86400
_MOST_OBJECTS: Final = 256


@dataclass(frozen=True)
class Window:
    """A part of the week.

    Attributes:
        days: On which it begins, 0 for Monday.
        from_minute: Of the day, with which it begins.
        to_minute: Of the day, before which it ends; not above ``from_minute`` means on the day after.
    """

    days: frozenset[int]
    from_minute: int
    to_minute: int


@dataclass(frozen=True)
class Distance:
    """When two objects stand too near each other; what is None does not matter.

    Attributes:
        within_heights: Nearer than so many of their heights, the mean of both.
        within_picture: Nearer than such shares of the picture, from side to side and up and down.
    """

    within_heights: float | None = None
    within_picture: tuple[float, float] | None = None


@dataclass(frozen=True)
class AlertRule:
    """When an alert begins and ends.

    Attributes:
        classes: Labels of the objects, in lower case; empty for all.
        region: The region of interest that they stand in; empty for anywhere.
        distance: Counts pairs that stand too near each other, in the place of objects.
        at_least: So many at once.
        for_s: For so long, until it begins.
        ends_after_s: It ends when there were too few for so long.
        pause_s: After its end none begins for so long.
        schedule: When the rule holds; empty for always.
        zone: Of the times of the schedule.
        keep_frames: Whether the frame that it begins with is kept.
        message: What to do, for people.
    """

    classes: frozenset[str] = frozenset()
    region: str = ""
    distance: Distance | None = None
    at_least: int = 1
    for_s: float = 0.0
    ends_after_s: float = 5.0
    pause_s: float = 10.0
    schedule: tuple[Window, ...] = ()
    zone: tzinfo = UTC
    keep_frames: bool = True
    message: str = ""


_USUAL: Final = AlertRule()


@dataclass(frozen=True)
class AlertSettings:
    """What becomes of the alerts of all cameras.

    Attributes:
        topic: Kafka topic that they are told to; empty for none.
        frames_per_camera: So many frames of a camera are kept.
        frames_megabytes: So much may those of all cameras take, in 1,000,000 bytes.
        frames_days: What is older is removed.
    """

    topic: str = ""
    frames_per_camera: int = 20
    frames_megabytes: int = 64
    frames_days: float = 7.0


def read_alert_settings(reader: JsonReader) -> AlertSettings:
    """Reads ``alerts`` of the file."""
    reader.only({"topic", "frames_per_camera", "frames_megabytes", "frames_days"})
    usual = AlertSettings()
    return AlertSettings(
        topic=reader.text("topic", default=usual.topic),
        frames_per_camera=reader.integer("frames_per_camera", 1, default=usual.frames_per_camera),
        frames_megabytes=reader.integer("frames_megabytes", 1, default=usual.frames_megabytes),
        frames_days=reader.number("frames_days", 0, 3650, default=usual.frames_days),
    )


def read_alert_rules(reader: JsonReader) -> Mapping[str, AlertRule]:
    """Reads the rules of a camera, by name.

    Raises:
        ConfigError: If they do not say what they must.
    """
    return {name: _rule(reader.inner(name)) for name in reader.content}


def _rule(reader: JsonReader) -> AlertRule:
    reader.only(
        {
            *("classes", "region", "distance", "at_least", "for_s", "ends_after_s", "pause_s", "schedule", "time_zone"),
            *("keep_frames", "message"),
        }
    )
    return AlertRule(
        classes=frozenset(one.casefold() for one in reader.texts("classes", default=())),
        region=reader.text("region", default=""),
        distance=_distance(reader.inner("distance")) if reader.has("distance") else None,
        at_least=_up_to(reader, "at_least", 1, _MOST_OBJECTS, _USUAL.at_least),
        for_s=reader.number("for_s", 0, _LONGEST_S, default=_USUAL.for_s),
        ends_after_s=reader.number("ends_after_s", 0, _LONGEST_S, default=_USUAL.ends_after_s),
        pause_s=reader.number("pause_s", 1, _LONGEST_S, default=_USUAL.pause_s),
        schedule=tuple(_window(one) for one in reader.objects("schedule", default=())),
        zone=_zone(reader),
        keep_frames=reader.boolean("keep_frames") if reader.has("keep_frames") else True,
        message=reader.text("message", default=""),
    )


def _distance(reader: JsonReader) -> Distance:
    reader.only({"within_heights", "within_picture"})
    picture = None
    if reader.has("within_picture"):
        of_picture = reader.inner("within_picture")
        of_picture.only({"x", "y"})
        picture = of_picture.share("x"), of_picture.share("y")
    return Distance(reader.number("within_heights", 0, 20) if reader.has("within_heights") else None, picture)


def _window(reader: JsonReader) -> Window:
    reader.only({"days", "from_minute", "to_minute"})
    days = reader.value("days")
    if not isinstance(days, list) or not all(type(one) is int and 0 <= one < _DAYS for one in days):
        raise reader.wrong("days", "must be a list of numbers from 0, Monday, to 6")
    begin = _up_to(reader, "from_minute", 0, _MINUTES - 1)
    return Window(frozenset(days), begin, _up_to(reader, "to_minute", 0, _MINUTES))


def _up_to(reader: JsonReader, key: str, least: int, most: int, default: int | None = None) -> int:
    value = reader.integer(key, least, default=default)
    if value > most:
        raise reader.wrong(key, f"must be at most {most}")
    return value


def _zone(reader: JsonReader) -> tzinfo:
    name = reader.text("time_zone", default="UTC")
    if name == "UTC":  # is known without a database, too
        return UTC
    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        why = "is no time zone" if zoneinfo.available_timezones() else "is not known here: install the package tzdata"
        raise reader.wrong("time_zone", why) from None
