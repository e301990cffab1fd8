"""The file that nvmsgconv reads: what messages say of the sensor, the place and the analytics of each source.

Source: libs/nvmsgconv/deepstream_schema/deepstream_schema.cpp, DeepStream 6.0 to 6.3 and 9.1.
"""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from deepstream import keyfile, yaml_text
from deepstream.config_text import read_groups
from deepstream.findings import Finding, Severity
from deepstream.group_layout import GroupLayout, GroupNumber, read_layout, write_layout
from deepstream.groups import GroupedFile, KeyGroup, as_tuples, key
from deepstream.keyfile_values import Reader
from deepstream.versions import NEWEST, DsVersion


def _as_triple(value: Any) -> Any:
    if isinstance(value, tuple | list) and len(value) != 3:
        raise ValueError(f"{len(value)} numbers: exactly 3 are needed, or DeepStream refuses the file")
    return as_tuples(value)


Triple = Annotated[tuple[float, float, float], BeforeValidator(_as_triple)]


class SensorGroup(KeyGroup):
    """`[sensorN]`: the camera of source N."""

    enable: bool | None = key("enable", Reader.BOOLEAN, "Absent means off: the group is skipped.")
    type: str | None = key("type", Reader.STRING, "Kind of sensor, such as Camera.")
    id: str | None = key("id", Reader.STRING, "The name that messages give the camera: sensor.id, sensorId.")
    location: Triple | None = key(
        "location", Reader.DOUBLE_LIST, "Latitude and longitude in degrees, altitude in metres."
    )
    description: str | None = key("description", Reader.STRING, "Free text.")
    coordinate: Triple | None = key("coordinate", Reader.DOUBLE_LIST, "x, y, z in a system of the site's own.")


class PlaceGroup(KeyGroup):
    """`[placeN]`: where the camera of source N looks at."""

    enable: bool | None = key("enable", Reader.BOOLEAN, "Absent means off: the group is skipped.")
    type: str | None = key("type", Reader.STRING, "Kind of place, such as garage or intersection/road.")
    id: str | None = key("id", Reader.STRING, "The id of the place in messages.")
    name: str | None = key("name", Reader.STRING, "The name of the place in messages.")
    location: Triple | None = key(
        "location", Reader.DOUBLE_LIST, "Latitude and longitude in degrees, altitude in metres."
    )
    coordinate: Triple | None = key("coordinate", Reader.DOUBLE_LIST, "x, y, z in a system of the site's own.")
    place_sub_field1: str | None = key(
        "place-sub-field1", Reader.STRING, "The id of an aisle or a parking spot, the name of an entrance."
    )
    place_sub_field2: str | None = key(
        "place-sub-field2", Reader.STRING, "The name of an aisle, the type of a spot, the lane of an entrance."
    )
    place_sub_field3: str | None = key(
        "place-sub-field3", Reader.STRING, "The level of an aisle, a parking spot or an entrance."
    )


class AnalyticsModuleGroup(KeyGroup):
    """`[analyticsN]`: what made the messages of source N."""

    enable: bool | None = key("enable", Reader.BOOLEAN, "Absent means off: the group is skipped.")
    id: str | None = key("id", Reader.STRING, "The id of the analytics in messages.")
    description: str | None = key("description", Reader.STRING, "Free text.")
    source: str | None = key("source", Reader.STRING, "The product or model that recognises.")
    version: str | None = key("version", Reader.STRING, "Its version, as text.")


_LAYOUT = GroupLayout(
    numbered={
        "sensor": ("sensors", SensorGroup),
        "place": ("places", PlaceGroup),
        "analytics": ("analytics", AnalyticsModuleGroup),
    }
)


class MsgconvFile(GroupedFile):
    """A whole file. The numbers are those of sources: the order of the pads of the streammux."""

    sensors: dict[GroupNumber, SensorGroup] = Field(default_factory=dict, description="By source, its camera.")
    places: dict[GroupNumber, PlaceGroup] = Field(default_factory=dict, description="By source, what the camera sees.")
    analytics: dict[GroupNumber, AnalyticsModuleGroup] = Field(
        default_factory=dict, description="By source, what made the messages."
    )


def read_msgconv_file(
    text: str, file_name: str, version: DsVersion = NEWEST
) -> tuple[MsgconvFile, tuple[Finding, ...]]:
    """Reads a file: YAML when its name ends so, else a key file.

    Raises:
        ConfigTextError: DeepStream would not load the text.
    """
    config = read_groups(text, file_name)
    values, findings = read_layout(_LAYOUT, config.groups, version=version, yaml=config.yaml)
    return MsgconvFile(**values), config.findings + findings


def write_msgconv_file(file: MsgconvFile, header: str = "", *, yaml: bool = False) -> str:
    """The text of a key file, or of a YAML file.

    Raises:
        ValueError: an extra key or group cannot stand in such a file.
    """
    groups = write_layout(_LAYOUT, file)
    return yaml_text.build(groups, header) if yaml else keyfile.build(groups, header)


def check_msgconv_file(file: MsgconvFile, *, batch_size: int | None = None) -> tuple[Finding, ...]:
    """Checks a whole file.

    Args:
        file: what to check.
        batch_size: number of streams of the streammux; None when it is not known.
    """
    findings: list[Finding] = []
    owners: dict[str, int] = {}
    for number, sensor in file.sensors.items():
        if not sensor.enable:
            continue
        name = f"sensor{number}"
        findings += _check_sensor_id(name, sensor, owners)
        if sensor.id is not None:
            owners.setdefault(sensor.id, number)
    for prefix, (attribute, _) in _LAYOUT.numbered.items():
        groups: Mapping[int, KeyGroup] = getattr(file, attribute)
        for number, group in groups.items():
            findings += _check_group(f"{prefix}{number}", number, group, batch_size)
    for number in range(batch_size or 0) if file.sensors else ():
        if number not in file.sensors:
            message = "the group is missing: messages of this source do not tell which camera they are from"
            findings.append(Finding(Severity.WARNING, message, f"sensor{number}"))
    return tuple(findings)


def _check_sensor_id(name: str, sensor: SensorGroup, owners: Mapping[str, int]) -> Iterator[Finding]:
    if not sensor.id:
        if "id" not in sensor.extra_keys:
            message = "the id is missing: messages of this source do not tell which camera they are from"
            yield Finding(Severity.WARNING, message, name, "id")
    elif sensor.id in owners:
        message = f"[sensor{owners[sensor.id]}] has this id too: readers of the messages cannot tell the cameras apart"
        yield Finding(Severity.WARNING, message, name, "id")


def _check_group(name: str, number: int, group: KeyGroup, batch_size: int | None) -> Iterator[Finding]:
    if batch_size is not None and number >= batch_size:
        message = f"no source ever has the number {number}: the batch has {batch_size} streams, counted from 0"
        yield Finding(Severity.WARNING, message, name)
    enable = getattr(group, "enable", None)
    if enable is None and "enable" not in group.extra_keys:
        yield Finding(Severity.WARNING, "the key is missing, so the group is skipped; write enable=1", name, "enable")
    if not enable:
        return
    if isinstance(group, SensorGroup | PlaceGroup):
        yield from _check_location(name, group)
    for field, declared in group.keys().items():
        value = getattr(group, field)
        if isinstance(value, str) and len(value) > 1 and value[0] == value[-1] == '"':
            message = "the quotation marks are part of the value, and messages show them; leave them away"
            yield Finding(Severity.NOTE, message, name, declared.name)


def _check_location(name: str, group: SensorGroup | PlaceGroup) -> Iterator[Finding]:
    if group.location is None:
        if "location" not in group.extra_keys:
            message = "the location is missing: messages say 0;0;0, a point in the Atlantic; write latitude;longitude;altitude"
            yield Finding(Severity.NOTE, message, name, "location")
        return
    latitude, longitude, _ = group.location
    if abs(latitude) > 90 or abs(longitude) > 180:
        message = "this is no place on earth: the latitude comes first, -90 to 90, then the longitude, -180 to 180"
        yield Finding(Severity.WARNING, message, name, "location")
