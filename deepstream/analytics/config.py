"""The file that nvdsanalytics reads: settings for all, and groups for each stream."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from pydantic import Field

from deepstream import keyfile, yaml_text
from deepstream.analytics.groups import (
    LABEL_RULE,
    AnalyticsProperty,
    DirectionDetection,
    LineCrossing,
    Overcrowding,
    RoiFiltering,
)
from deepstream.config_text import read_groups
from deepstream.findings import Finding, Severity
from deepstream.group_layout import GroupLayout, GroupNumber, read_layout, write_layout
from deepstream.groups import GroupedFile
from deepstream.keyfile import Entry, Group
from deepstream.keyfile_values import Reader, read
from deepstream.versions import NEWEST, DsVersion

LAYOUT = GroupLayout(
    single={"property": ("settings", AnalyticsProperty)},
    numbered={
        "roi-filtering-stream-": ("roi_filtering", RoiFiltering),
        "overcrowding-stream-": ("overcrowding", Overcrowding),
        "line-crossing-stream-": ("line_crossing", LineCrossing),
        "direction-detection-stream-": ("direction_detection", DirectionDetection),
    },
)
_LENGTHS: Final = {
    "line-crossing-stream-": ("line-crossing-", 8),
    "direction-detection-stream-": ("direction-", 4),
}
"""By the prefix of a group: of which keys DeepStream looks at how many numbers, however many there are."""


class AnalyticsFile(GroupedFile):
    """A whole file. The numbers of streams are those of the pads of the streammux, not names of cameras."""

    settings: AnalyticsProperty | None = Field(default=None, description="`[property]`; must be there.")
    roi_filtering: dict[GroupNumber, RoiFiltering] = Field(
        default_factory=dict, description="By stream, regions that objects are marked in."
    )
    overcrowding: dict[GroupNumber, Overcrowding] = Field(
        default_factory=dict, description="By stream, regions that must not get crowded."
    )
    line_crossing: dict[GroupNumber, LineCrossing] = Field(
        default_factory=dict, description="By stream, lines that crossings are counted of."
    )
    direction_detection: dict[GroupNumber, DirectionDetection] = Field(
        default_factory=dict, description="By stream, directions that objects are told to move in."
    )


def read_analytics_file(
    text: str, file_name: str, version: DsVersion = NEWEST
) -> tuple[AnalyticsFile, tuple[Finding, ...]]:
    """Reads a file: YAML when its name ends so, else a key file.

    Raises:
        ConfigTextError: DeepStream would not load the text.
    """
    config = read_groups(text, file_name)
    # YAML is read by other code, which fails at a blank behind the last separator.
    groups = config.groups if config.yaml else tuple(_without_the_rest(group) for group in config.groups)
    values, findings = read_layout(LAYOUT, groups, version=version, yaml=config.yaml)
    longer = tuple(_longer(config.groups, groups))
    return AnalyticsFile(**values), config.findings + longer + tuple(_tempered(one) for one in findings)


def write_analytics_file(file: AnalyticsFile, header: str = "", *, yaml: bool = False) -> str:
    """The text of a key file, or of a YAML file.

    Raises:
        ValueError: an extra key or group cannot stand in such a file.
    """
    groups = write_layout(LAYOUT, file)
    return yaml_text.build(groups, header) if yaml else keyfile.build(groups, header)


def _without_the_rest(group: Group) -> Group:
    """The group with lists cut to the numbers that DeepStream looks at: some end with `; `, which makes one more."""
    for name, (prefix, length) in _LENGTHS.items():
        if group.name.startswith(name):
            entries = tuple(_cut(one, length) if one.key.startswith(prefix) else one for one in group.entries)
            return replace(group, entries=entries)
    return group


def _cut(entry: Entry, length: int) -> Entry:
    try:
        numbers = read(Reader.INTEGER_LIST, entry.value)
    except ValueError:
        return entry
    # A negative number makes DeepStream refuse the file wherever it stands.
    if not isinstance(numbers, tuple) or len(numbers) <= length or any(int(one) < 0 for one in numbers):
        return entry
    return replace(entry, value=";".join(map(str, numbers[:length])))


def _longer(before: tuple[Group, ...], after: tuple[Group, ...]) -> Iterator[Finding]:
    for old, new in zip(before, after, strict=True):
        for was, now in zip(old.entries, new.entries, strict=True):
            if was != now:
                message = f"{was.value!r}: DeepStream looks at the first numbers only, {now.value}; delete the rest"
                yield Finding(Severity.WARNING, message, old.name, was.key, was.line)


def _tempered(finding: Finding) -> Finding:
    """A finding as bad as DeepStream takes it: labels and modes that we do not know do not stop it."""
    if finding.message.endswith(LABEL_RULE):
        message = f"{finding.message}. DeepStream takes it, so the key is kept as it is; rename it to have it checked"
        return replace(finding, severity=Severity.WARNING, message=message)
    # What GLib itself cannot read stays an error.
    if finding.key == "mode" and finding.severity is Severity.ERROR and "refuses the file" not in finding.message:
        message = f"{finding.message}. DeepStream goes on with its default"
        return replace(finding, severity=Severity.WARNING, message=message)
    return finding
