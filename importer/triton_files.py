"""Files of nvinferserver, which runs models in Triton: protobuf messages as text, whatever their names end with.

Source: nvdsinferserver_config.proto of DeepStream 6.0 to 9.1. They are kept as they are; only relative paths are written
anew where the file moves into another folder.
"""

import posixpath
import re
from typing import Any, Final

from deepstream.findings import Severity
from importer.desk import Desk
from importer.model import CannotImport
from importer.paths import Place

_PATH: Final = re.compile(r'(?P<head>\b(?P<key>labelfile_path|root|path|mean_file)\s*:\s*)"(?P<path>[^"\n]+)"')
_COMMENT: Final = re.compile(r"^\s*#")
_BATCH: Final = re.compile(r"^\s*max_batch_size\s*:\s*([0-9]{1,4})\b", re.MULTILINE)
_ID: Final = re.compile(r"^\s*unique_id\s*:\s*([0-9]{1,6})\b", re.MULTILINE)
_MOST_CAMERAS: Final = 1024


def take_triton_file(desk: Desk, on_disk: str, group: str) -> bool:
    """Takes a file over with its text; False when it cannot be read, or is too large for a manifest."""
    if desk.name_of(on_disk):
        return True
    text = desk.text(on_disk)
    if text is None:
        return False
    place, shown = desk.place.of(on_disk), desk.shown(on_disk)
    lines = text.split("\n")
    for number, line in enumerate(lines):
        if not _COMMENT.match(line):
            for found in _PATH.finditer(line):
                _take_path(desk, shown, number + 1, found["key"], found["path"], place)
            lines[number] = _PATH.sub(lambda one: f'{one["head"]}"{desk.rewritten(one["path"], place)}"', line)
    if not desk.take_text(on_disk, group, "\n".join(lines)):
        return False
    message = "the file of nvinferserver is kept as it is, in spec.files: no rule looks into it"
    desk.remark(Severity.NOTE, shown, None, message)
    return True


def import_triton_alone(desk: Desk, text: str) -> dict[str, Any]:
    """The spec of an instance with this model and no camera."""
    if not take_triton_file(desk, posixpath.basename(desk.main), "primary-gie"):
        raise CannotImport(f"{desk.main}: the file cannot be read, or is too large for a manifest")
    gie: dict[str, Any] = {
        "enable": True,
        "pluginType": 1,
        "configFile": desk.name_of(posixpath.basename(desk.main)),
    }
    unique = _ID.search(text)
    if unique is not None:
        gie["gieUniqueId"] = int(unique[1])
    batch = _BATCH.search(text)
    message = "the instance has no cameras: name them in spec.cameras; its sink throws frames away"
    desk.remark(Severity.NOTE, desk.main, None, message)
    return {
        "streammux": {"batchSize": min(max(int(batch[1]) if batch else 1, 1), _MOST_CAMERAS)},
        "deepstreamApp": {"primaryGie": gie, "sinks": {"0": {"enable": True, "type": 1, "sync": False}}},
    }


def _take_path(desk: Desk, shown: str, line: int, key: str, path: str, place: Place) -> None:
    if key == "labelfile_path":
        desk.take_text(place.on_disk(path), "labels")
    if not desk.name_of(place.on_disk(path)):
        desk.stays(shown, line, key, place.kept(path))
