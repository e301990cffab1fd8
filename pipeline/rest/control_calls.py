"""What the body of a call that changes something asks for, judged as DeepStream 9.1 judges it.

The order in which things are looked at decides which complaint is made, so it is kept: keys in alphabetical order, types before
emptiness, the URL before the id. The words are those of ``nvds_stream_parse.cpp``, ``nvds_analytics_parse.cpp`` and
``s_stream_api_impl``.
"""

from dataclasses import dataclass, field, fields

from pipeline.rest.control import BAD_REQUEST, Verdict
from pipeline.rest.json_body import UnfitJsonError, inner_of, keys_of, text_of


@dataclass(frozen=True)
class AddCall:
    """A camera is to be added; neither its id nor its URL is empty."""

    camera_id: str
    camera_name: str
    camera_url: str = field(repr=False)


@dataclass(frozen=True)
class RemoveCall:
    """The camera with this id and this very URL is to be removed; neither is empty."""

    camera_id: str
    camera_url: str = field(repr=False)


@dataclass(frozen=True)
class _Camera:
    """What the value of a call says, each key as text, empty if it is not there."""

    camera_id: str = ""
    camera_name: str = ""
    camera_url: str = field(default="", repr=False)
    change: str = ""
    creation_time: str = ""


class _EmptyError(Exception):
    """An id or a URL is empty; the message is the reason of the verdict."""


def read_stream_call(content: object) -> AddCall | RemoveCall | Verdict:
    """Returns what the body of a call to add or remove asks for, or the verdict if that cannot be followed.

    Args:
        content: What the body says; None if there was none, or it was not JSON.
    """
    try:
        camera = _camera_of_body(content)
    except UnfitJsonError as error:
        return Verdict(BAD_REQUEST, f"STREAM ADD/REMOVE_FAIL, error: {error}")
    except _EmptyError as error:
        return Verdict(BAD_REQUEST, str(error))
    # This text decides, not the path that was called.
    if "add" in camera.change or "streaming" in camera.change:
        return AddCall(camera.camera_id, camera.camera_name, camera.camera_url)
    if "remove" in camera.change:
        return RemoveCall(camera.camera_id, camera.camera_url)
    return Verdict(BAD_REQUEST, "Sensor API change string not supported")


def refused_reload(content: object) -> Verdict | None:
    """Returns the verdict on a body of a call to reload that cannot be followed, None if it can.

    The path of a file may stand in it, and has no effect, as in DeepStream: the file is the one that the program was started with.

    Args:
        content: What the body says; None if there was none.
    """
    try:
        for key in keys_of(content):
            text_of(inner_of(inner_of(content, key), "config_file_path"))
    except UnfitJsonError as error:
        return Verdict(BAD_REQUEST, f"RELOAD_CONFIG_UPDATE_FAIL, error: {error}")
    return None


def _camera_of_body(content: object) -> _Camera:
    camera = _Camera()
    for key in keys_of(content):
        inner = inner_of(content, key)
        if key == "key":
            text_of(inner)
        elif key in {"event", "value"}:
            camera = _camera_of_value(inner, camera)
        elif key == "headers" and keys_of(inner):
            text_of(inner_of(inner, "source"))
            text_of(inner_of(inner, "created_at"))
    return camera


def _camera_of_value(value: object, before: _Camera) -> _Camera:
    camera = before
    for key in keys_of(value):
        if key == "metadata":
            for name in ("resolution", "codec", "framerate"):
                text_of(inner_of(inner_of(value, key), name))
        else:
            camera = _Camera(**{part.name: text_of(inner_of(value, part.name)) for part in fields(_Camera)})
            _check_not_empty(camera)
    return camera


def _check_not_empty(camera: _Camera) -> None:
    verb = "ADD" if "add" in camera.change else "REMOVE"
    if not camera.camera_url:
        raise _EmptyError(f"STREAM_{verb}_FAIL, Source url empty")
    if not camera.camera_id:
        raise _EmptyError(f"STREAM_{verb}_FAIL, Source id empty")
