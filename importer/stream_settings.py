"""What files say of single sources by their numbers: lines and regions, and what messages say of cameras."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeVar

from crds.camera import FrameSize
from deepstream.analytics.config import AnalyticsFile, read_analytics_file
from deepstream.analytics.groups import AnalyticsProperty
from deepstream.analytics.rules import check_analytics_file
from deepstream.config_text import read_groups
from deepstream.findings import ConfigTextError, Finding, Severity
from deepstream.groups import KeyGroup
from deepstream.msgconv import MsgconvFile, read_msgconv_file
from deepstream.versions import DsVersion
from importer.cameras import Draft
from importer.desk import Desk
from importer.infer_import import writable_keys
from importer.names import is_camera_id, ranges
from importer.places import Lines

ANALYTICS_GROUPS: Final[Mapping[str, tuple[str, str]]] = {
    "roi_filtering": ("roi-filtering-stream-", "roiFiltering"),
    "overcrowding": ("overcrowding-stream-", "overcrowding"),
    "line_crossing": ("line-crossing-stream-", "lineCrossing"),
    "direction_detection": ("direction-detection-stream-", "directionDetection"),
}
"""By the fields of the file: how names of its groups begin, and the fields of a camera's analytics."""
_MESSAGE_GROUPS: Final[Mapping[str, tuple[str, str]]] = {
    "sensors": ("sensor", "sensor"),
    "places": ("place", "place"),
    "analytics": ("analytics", "analyticsModule"),
}


FileT = TypeVar("FileT", AnalyticsFile, MsgconvFile)


def read_analytics(desk: Desk, on_disk: str, text: str, version: DsVersion) -> tuple[AnalyticsFile, Lines]:
    """Reads a file of nvdsanalytics; what was found in it becomes remarks.

    Raises:
        CannotImport: DeepStream would not load it.
    """
    return _read(desk, on_disk, text, lambda: read_analytics_file(text, on_disk, version))


def read_messages(desk: Desk, on_disk: str, text: str, version: DsVersion) -> tuple[MsgconvFile, Lines]:
    """Reads a file of nvmsgconv; what was found in it becomes remarks.

    Raises:
        CannotImport: DeepStream would not load it.
    """
    return _read(desk, on_disk, text, lambda: read_msgconv_file(text, on_disk, version))


def _read(
    desk: Desk, on_disk: str, text: str, read: Callable[[], tuple[FileT, tuple[Finding, ...]]]
) -> tuple[FileT, Lines]:
    shown = desk.shown(on_disk)
    try:
        file, findings = read()
        lines = Lines(read_groups(text, on_disk).groups)
    except ConfigTextError as error:
        raise desk.refuse(shown, error) from None
    desk.findings(shown, findings)
    _say_left_out(desk, shown, lines, file.extra_groups)
    return file, lines


def give_analytics(
    desk: Desk, shown: str, file: AnalyticsFile, lines: Lines, drafts: Sequence[Draft], muxer: tuple[int, int] | None
) -> None:
    """Gives each camera its lines and regions, in the frame that they are drawn in.

    Args:
        desk: the import.
        shown: the file, for remarks.
        file: its groups.
        lines: where they stand.
        drafts: the cameras.
        muxer: width and height of the batched picture, for files that do not say in which frame their points are.
    """
    cameras = {draft.source_id: draft for draft in drafts}
    frame = _frame_of(file, muxer)
    if frame is None and any(getattr(file, field) for field in ANALYTICS_GROUPS):
        message = (
            "[property] config-width, config-height: no frame that points can be in; lines and regions are left out"
        )
        desk.remark(Severity.ERROR, shown, lines.of("property"), message, left_out=True)
        return
    nobodies: list[str] = []
    for field, (prefix, key) in ANALYTICS_GROUPS.items():
        groups: Mapping[int, KeyGroup] = getattr(file, field)
        for number, group in sorted(groups.items()):
            name = f"{prefix}{number}"
            draft = cameras.get(number)
            if draft is None:
                nobodies.append(name)
                continue
            sound = _sound(desk, shown, lines, name, field, group, frame)
            if sound is not None:
                analytics = draft.spec.setdefault("analytics", {"frame": frame})
                desk.places.put_group(("analytics", key), shown, name, lines, type(sound), draft.name)
                analytics[key] = _switched(desk, shown, lines, name, sound)
    _say_nobodies(desk, shown, lines, nobodies)


def analytics_property(desk: Desk, shown: str, file: AnalyticsFile, lines: Lines) -> dict[str, Any] | None:
    """`[property]` as the instance holds it; None when the file has none."""
    if file.settings is None:
        return None
    desk.places.put_group(("analytics",), shown, "property", lines, type(file.settings))
    kept = writable_keys(desk, shown, lines, file.settings, "property")
    return desk.group(kept, "keys", shown, "property", lines)


def give_messages(desk: Desk, shown: str, file: MsgconvFile, lines: Lines, drafts: Sequence[Draft]) -> None:
    """Gives each camera what messages say of it."""
    cameras = {draft.source_id: draft for draft in drafts}
    nobodies: list[str] = []
    for field, (prefix, key) in _MESSAGE_GROUPS.items():
        groups: Mapping[int, KeyGroup] = getattr(file, field)
        for number, group in sorted(groups.items()):
            name = f"{prefix}{number}"
            draft = cameras.get(number)
            if draft is None:
                nobodies.append(name)
                continue
            desk.places.put_group(("messages", key), shown, name, lines, type(group), draft.name)
            data = _switched(desk, shown, lines, name, group)
            if field == "sensors":
                # What is written for every camera anyway.
                own = {"type": "Camera", "id": draft.spec.get("cameraId", draft.name)}
                data = {one: value for one, value in data.items() if own.get(one) != value}
            if data or field != "sensors":
                draft.spec.setdefault("messages", {})[key] = data
    _say_nobodies(desk, shown, lines, nobodies)


def sensor_ids(file: MsgconvFile) -> Mapping[int, str]:
    """By source id, the ids that messages give cameras; those that are no ids of cameras or not unique are left out."""
    found = {number: one.id for number, one in file.sensors.items() if one.enable and one.id and is_camera_id(one.id)}
    given = list(found.values())
    return {number: one for number, one in found.items() if given.count(one) == 1}


def _switched(desk: Desk, shown: str, lines: Lines, name: str, group: KeyGroup) -> dict[str, Any]:
    """A group with its switch: without one DeepStream takes it for off, and manifests take it for on."""
    data = desk.group(writable_keys(desk, shown, lines, group, name), "keys", shown, name, lines)
    if "enable" not in data and "enable" not in group.extra_keys:
        return {"enable": False, **data}
    return {key: value for key, value in data.items() if (key, value) != ("enable", True)}


def _frame_of(file: AnalyticsFile, muxer: tuple[int, int] | None) -> dict[str, int] | None:
    settings = file.settings or AnalyticsProperty()
    size = (settings.config_width, settings.config_height)
    width, height = muxer if muxer is not None and None in size else size
    try:
        return FrameSize.model_validate({"width": width, "height": height}).model_dump()
    except ValueError:
        return None


def _sound(
    desk: Desk, shown: str, lines: Lines, name: str, field: str, group: KeyGroup, frame: Mapping[str, int] | None
) -> KeyGroup | None:
    """The group without shapes that nothing can be in, which manifests do not take; None when nothing is left."""
    settings = AnalyticsProperty(
        enable=True, config_width=(frame or {}).get("width"), config_height=(frame or {}).get("height")
    )
    before: set[tuple[str, str]] = set()
    while True:
        alone = AnalyticsFile(settings=settings).model_copy(update={field: {0: group}})
        found = [one for one in check_analytics_file(alone) if one.key != "enable"]
        faults = [one for one in found if one.severity is Severity.ERROR]
        if not faults:
            for one in found:
                desk.remark(one.severity, shown, lines.of(name, one.key), f"[{name}] {one.key}: {one.message}")
            return group
        fault = faults[0]
        before = before or {(one.key, one.message) for one in faults}
        if (fault.key, fault.message) in before:
            where, line = f"[{name}] {fault.key}".rstrip(), lines.of(name, fault.key)
            desk.forget(Severity.ERROR, shown, line)
            desk.remark(Severity.ERROR, shown, line, f"{where} is left out: {fault.message}", left_out=True)
        # Else it is there only since a shape was left out: the file has no such fault.
        smaller = _without_key(group, fault.key)
        if smaller is None:
            return None
        group = smaller


def _without_key(group: KeyGroup, key: str) -> KeyGroup | None:
    if key in group.extra_keys:
        extra = {name: raw for name, raw in group.extra_keys.items() if name != key}
        return group.model_copy(update={"extra_keys": extra})
    for field, declared in group.keys().items():
        part = key.removeprefix(declared.name)
        value = getattr(group, field)
        if declared.prefix and part != key and isinstance(value, Mapping) and part in value:
            return group.model_copy(update={field: {one: shape for one, shape in value.items() if one != part}})
    return None


def _say_nobodies(desk: Desk, shown: str, lines: Lines, names: Sequence[str]) -> None:
    """Says of all groups at once that they are about no camera: files for a hundred cameras are common."""
    if not names:
        return
    why = "there is no camera of this source id" if len(names) == 1 else "there are no cameras of these source ids"
    desk.remark(Severity.WARNING, shown, lines.of(names[0]), f"{ranges(names)}: left out: {why}", left_out=True)


def _say_left_out(desk: Desk, shown: str, lines: Lines, groups: Mapping[str, object]) -> None:
    for name in groups:
        desk.remark(
            Severity.WARNING,
            shown,
            lines.of(name),
            f"[{name}] is left out: manifests have no place for this group",
            left_out=True,
        )
