"""Durations on the command line: `60s`, `2m`, `1h30m`, `30d`, or a plain number of seconds."""

import re
from typing import Any

import click

_FORM = re.compile(r"(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+(?:\.\d+)?)s?)?")


class Duration(click.ParamType[float]):
    """A duration, as a number of seconds."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Reads the words of the command line; a number stays what it is."""
        if isinstance(value, int | float):
            return float(value)
        match = _FORM.fullmatch(str(value).strip())
        if not match or not any(match.groups()):
            self.fail(f"{value!r} is no duration such as 60s, 2m or 1h30m", param, ctx)
        days, hours, minutes, seconds = (float(part or 0) for part in match.groups())
        return days * 86400 + hours * 3600 + minutes * 60 + seconds
