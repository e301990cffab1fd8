"""What a revision may take away without approval, as `fleet controller` and `fleet up` are told it."""

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from controller.planner.guard import RemovalLimits

_PERCENT, _COUNT = 25.0, 1


def removal_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options about removals, for a command that takes `removal_limits`."""

    @functools.wraps(command)
    def with_limits(
        *,
        removal_limit_percent: float,
        removal_limit_count: int,
        camera_limit_percent: float,
        camera_limit_count: int,
        **others: Any,
    ) -> Any:
        from controller.planner.guard import RemovalLimit, RemovalLimits

        limits = RemovalLimits(
            RemovalLimit(removal_limit_percent, removal_limit_count),
            RemovalLimit(camera_limit_percent, camera_limit_count),
        )
        return command(removal_limits=limits, **others)

    options = [
        _percent("--removal-limit-percent", "removes a larger part of the instances"),
        _count("--removal-limit-count", "So many instances may always go."),
        _percent("--camera-limit-percent", "leaves a larger part of the cameras unwatched"),
        _count("--camera-limit-count", "So many cameras may always go."),
    ]
    return functools.reduce(lambda wrapped, option: option(wrapped), reversed(options), with_limits)


def as_arguments(limits: "RemovalLimits") -> list[str]:
    """The same as words of a command line."""
    return [
        f"--removal-limit-percent={limits.instances.percent!r}",
        f"--removal-limit-count={limits.instances.always_allowed}",
        f"--camera-limit-percent={limits.cameras.percent!r}",
        f"--camera-limit-count={limits.cameras.always_allowed}",
    ]


def _percent(name: str, what: str) -> Callable[..., Any]:
    return click.option(
        name,
        default=_PERCENT,
        show_default=True,
        type=click.FloatRange(0, 100),
        help=f"A revision that {what} waits for `fleet approve`.",
    )


def _count(name: str, text: str) -> Callable[..., Any]:
    return click.option(name, default=_COUNT, show_default=True, type=click.IntRange(min=0), help=text)
