"""Rules for alerts of one camera: how many objects, where, for how long, when; and what is done then."""

import zoneinfo
from collections.abc import Iterator, Mapping
from typing import Annotated, Final, Self

from pydantic import AfterValidator, Field, StringConstraints, field_validator, model_validator

from crds.alert_schedule import alert_window
from crds.camera_status import MOST_ALERTS
from crds.document import ManifestModel, ObjectName
from crds.refusal import refusal
from deepstream.analytics.groups import Label, RoiFiltering
from deepstream.near_miss import near_miss

Path = tuple[str | int, ...]

_UTC: Final = "UTC"


def _followed(line: str) -> str:
    alert_window(line)
    return line


_ScheduleLine = Annotated[str, StringConstraints(min_length=1, max_length=100), AfterValidator(_followed)]
_ClassName = Annotated[str, StringConstraints(min_length=1, max_length=64)]


class AlertSpread(ManifestModel):
    """How far two objects may be apart, as shares of the picture."""

    x: float = Field(gt=0, le=1, description="From side to side, as a share of the width of the picture.")
    y: float = Field(gt=0, le=1, description="Up and down, as a share of the height of the picture.")


class AlertDistance(ManifestModel):
    """Pairs of objects that stand too near each other, by the middles of the lower edges of their boxes."""

    within_heights: float | None = Field(
        default=None,
        gt=0,
        le=20,
        description="They stand nearer than so many of their heights, the mean of both. A person is a ruler wherever it "
        "stands: 1.0 is about 1.7 m, near and far.",
    )
    within_picture: AlertSpread | None = Field(
        default=None,
        description="They stand nearer than that in the picture, in both directions. For cameras that look straight down.",
    )

    @model_validator(mode="after")
    def _says_how_near(self) -> Self:
        if self.within_heights is None and self.within_picture is None:
            raise ValueError("nothing says how near is too near: give withinHeights, withinPicture, or both")
        return self


class CameraAlert(ManifestModel):
    """A rule: an alert begins when enough objects are seen for long enough, and ends when they have been gone for long enough."""

    classes: tuple[_ClassName, ...] = Field(
        default=(),
        max_length=64,
        description="Classes of the objects, as the detector calls them, in letters of any case; all where none is given.",
    )
    region: Label | None = Field(
        default=None,
        description="The region of analytics.roiFiltering that they stand in. Default: anywhere in the picture.",
    )
    distance: AlertDistance | None = Field(
        default=None, description="Counts pairs of objects that stand too near each other, in the place of objects."
    )
    at_least: int = Field(
        default=1, ge=1, le=256, description="So many objects at once; with distance, so many pairs of them."
    )
    for_seconds: float = Field(default=0.0, ge=0, le=86400, description="For so long, until the alert begins.")
    ends_after_seconds: float = Field(
        default=5.0, ge=0, le=86400, description="The alert ends when there were too few for so long."
    )
    pause_seconds: float = Field(
        default=10.0, ge=1, le=86400, description="After the end of an alert this rule begins none for so long."
    )
    schedule: tuple[_ScheduleLine, ...] = Field(
        default=(),
        max_length=32,
        description="When the rule holds: days and times such as Mon-Fri 06:00-22:00, Sat,Sun or 22:00-06:00. Default: always.",
    )
    time_zone: str = Field(
        default=_UTC,
        max_length=64,
        pattern=r"^[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+){0,2}$",
        description="The zone of those times, such as Europe/Berlin.",
    )
    keep_frames: bool = Field(
        default=True, description="True keeps the picture that the alert began with, on the node."
    )
    message: str = Field(default="", max_length=500, description="What to do, for people: it goes with each alert.")

    @field_validator("message")
    @classmethod
    def _is_one_line(cls, message: str) -> str:
        if not all(one.isprintable() for one in message):
            raise ValueError("the message holds line breaks or control characters: write it in one line")
        return message

    @model_validator(mode="after")
    def _says_what_it_means(self) -> Self:
        faults: dict[Path, str] = {}
        if self.time_zone != _UTC and not self.schedule:
            faults["timeZone",] = "there is no schedule whose times it could be for: give schedule, or take it out"
        elif (unknown := _unknown_zone(self.time_zone)) is not None:
            faults["timeZone",] = unknown
        if faults:
            raise refusal("CameraAlert", faults)
        return self


AlertRules = Annotated[Mapping[ObjectName, CameraAlert], Field(max_length=MOST_ALERTS)]
"""By name, which alerts, messages and events call them by."""


def alert_faults(rules: Mapping[str, CameraAlert], regions: RoiFiltering | None) -> Iterator[tuple[Path, str]]:
    """What keeps rules from ever giving an alert.

    Args:
        rules: by name.
        regions: of the camera.

    Yields:
        Paths below the rules, in the words of manifests, and sentences.
    """
    known = () if regions is None else sorted(regions.regions)
    for name, rule in rules.items():
        if rule.region is None:
            continue
        if rule.region not in known:
            there = f"it has {', '.join(known)}" if known else "it has none: draw it there first"
            message = f"analytics.roiFiltering has no region {rule.region!r}, {there}{near_miss(rule.region, known)}"
            yield (name, "region"), message
        elif regions is not None and regions.enable is False:
            yield (name, "region"), "nobody is looked for in that region while analytics.roiFiltering.enable is false"


def _unknown_zone(name: str) -> str | None:
    """What is wrong with the name of a time zone; nothing where this machine has no names to compare with."""
    if name == _UTC:
        return None
    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        known = zoneinfo.available_timezones()
        return f"no time zone is called {name!r}{near_miss(name, sorted(known))}" if known else None
    return None
