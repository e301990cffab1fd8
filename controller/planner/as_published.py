"""What was published stays as it is while it says the same: a newer controller alone makes no new generation."""

from typing import Any

from pydantic import BaseModel

from crds.camera import CameraSpec
from crds.difference import is_default
from crds.dsinstance import DsInstanceSpec
from crds.instance_config import InstanceConfig

_COMPARED_APART = frozenset({"digest", "digests", "settings"})
_FIELDS = tuple(name for name in InstanceConfig.model_fields if name not in _COMPARED_APART)


def as_published(rendered: InstanceConfig, published: InstanceConfig | None) -> InstanceConfig:
    """The published form where it says the same: it differs only by what was not written out when it was made, if at all.

    Args:
        rendered: what the instance shall be.
        published: what the newest record of its node says of it.

    Returns:
        One of the two. The published one may have another digest than the rendered one, and means the same.
    """
    if published is None or (published.digest != rendered.digest and not _says_the_same(published, rendered)):
        return rendered
    return published  # the very object that is kept already


def _says_the_same(published: InstanceConfig, rendered: InstanceConfig) -> bool:
    if any(getattr(published, name) != getattr(rendered, name) for name in _FIELDS):
        return False
    before, after = published.model_dump(mode="json"), rendered.model_dump(mode="json")
    settings, wanted = before.pop("settings"), after["settings"]
    cameras, wanted_cameras = settings.pop("cameras", {}), wanted.pop("cameras", {})
    return (
        _has_the_fields_of(after, before)
        and _adds_defaults_alone(settings, wanted, DsInstanceSpec, ())
        and isinstance(cameras, dict)
        and cameras.keys() == wanted_cameras.keys()
        and all(_adds_defaults_alone(one, wanted_cameras[name], CameraSpec, ()) for name, one in cameras.items())
    )


def _has_the_fields_of(after: Any, before: Any) -> bool:
    """False when `before` holds something of a newer version: nobody asks for that any more. Equal fields are equal."""
    if isinstance(before, dict):
        return all(key in after and _has_the_fields_of(after[key], inner) for key, inner in before.items())
    return not isinstance(before, list) or all(map(_has_the_fields_of, after, before))


def _adds_defaults_alone(before: Any, after: Any, model: type[BaseModel], path: tuple[str | int, ...]) -> bool:
    """Whether the settings are the same but for fields that are written out now, at their defaults."""
    if isinstance(before, dict) and isinstance(after, dict):
        return before.keys() <= after.keys() and all(
            _adds_defaults_alone(before[key], value, model, (*path, key))
            if key in before
            else is_default(model, (*path, key), value)
            for key, value in after.items()
        )
    if isinstance(before, list) and isinstance(after, list):
        return len(before) == len(after) and all(
            _adds_defaults_alone(old, new, model, (*path, position))
            for position, (old, new) in enumerate(zip(before, after, strict=True))
        )
    return bool(before == after)
