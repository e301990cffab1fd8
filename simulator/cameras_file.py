"""The file that says which cameras to simulate."""

from pathlib import Path
from typing import Final

from pipeline.files.json_reader import ConfigError, JsonReader, read_json
from simulator.clip_reader import Codec
from simulator.server import SimulatedCamera

_KEYS: Final = {"name", "user", "password", "clip", "codec"}


def cameras_of_file(file: Path) -> list[SimulatedCamera]:
    """Reads ``[{"name": ..., "user": ..., "password": ..., "clip": ...}]``.

    User and password may be left out together, and so may the clip: then ``codec`` may say how walkers are coded. A
    relative path of a clip counts from the folder of the file.

    Raises:
        ConfigError: If the file does not say that.
    """
    entries = read_json(file)
    if not isinstance(entries, list):
        raise ConfigError(f"{file}: must be a list of cameras")
    return [_camera(JsonReader.of_object(file, f"[{index}]", entry)) for index, entry in enumerate(entries)]


def _camera(item: JsonReader) -> SimulatedCamera:
    item.only(_KEYS)
    name = item.text("name")
    has_login = item.has("user") or item.has("password")
    user, password = (item.text("user"), item.text("password")) if has_login else ("", "")
    clip = item.file.parent / item.text("clip") if item.has("clip") else None
    codec = Codec(item.one_of("codec", *Codec)) if item.has("codec") else Codec.H264
    try:
        return SimulatedCamera(name, user, password, clip, codec)
    except ValueError as error:
        raise item.wrong("name", str(error)) from None
