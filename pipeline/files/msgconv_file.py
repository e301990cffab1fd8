"""The file of nvmsgconv, ``msgconv_config.txt``: of it, what messages call the cameras.

``[sensorN]`` belongs to source N and gives its camera a name for messages. ``[placeN]`` and ``[analyticsN]`` say what stands in
payloads that this pipeline does not write; their heads and switches are checked all the same, as nvmsgconv does.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from pipeline.files.key_file import Group, read_key_file

# As the parser of DeepStream tells groups: by what their names begin with. What begins otherwise is not its business.
_KINDS: Final = ("sensor", "place", "analytics")
_NUMBERED: Final = re.compile(r"(?:sensor|place|analytics)(0|[1-9][0-9]{0,8})")


def read_device_ids(file: Path) -> Mapping[int, str]:
    """Reads what messages call the cameras: the ``id`` of each enabled ``[sensorN]``, by N; empty without the file.

    A sensor that is not enabled, or has no id, leaves its camera with the name that it has.

    Raises:
        ConfigError: If the file cannot be read, or DeepStream would not load it.
    """
    if not file.exists():
        return {}
    groups = [group for group in read_key_file(file) if group.name.startswith(_KINDS)]
    numbers = {group.name: _number(group) for group in groups}
    enabled = [group for group in groups if group.boolean("enable", default=False)]
    ids = {numbers[group.name]: group.text("id", default="") for group in enabled if group.name.startswith("sensor")}
    return {number: device_id for number, device_id in ids.items() if device_id}


def _number(group: Group) -> int:
    found = _NUMBERED.fullmatch(group.name)
    if found is None:
        raise group.wrong("", "the name must end with the number of a source, as in [sensor0]")
    return int(found[1])
