"""The file of deepstream-app: reading and writing. Source: deepstream_app_config_parser.c and the YAML one beside it."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Final

from pydantic import Field

from deepstream import keyfile
from deepstream.app.display import OsdGroup, SegvisualGroup, TiledDisplayGroup
from deepstream.app.inference import GieGroup, PreProcessGroup, TextEmbedderGroup, VisionEncoderGroup
from deepstream.app.messages import MessageConsumerGroup, MessageConverterGroup
from deepstream.app.plugins import AnalyticsGroup, DewarperGroup, DsExampleGroup, ImgSaveGroup, ReplayGroup
from deepstream.app.process import ApplicationGroup, TestsGroup
from deepstream.app.sink import SinkGroup
from deepstream.app.source import CsvSourceGroup, SourceGroup
from deepstream.app.source_list import SourceListGroup
from deepstream.app.streammux import StreammuxGroup
from deepstream.app.tracker import TrackerGroup
from deepstream.config_text import ConfigText, read_groups
from deepstream.findings import Finding, Severity
from deepstream.group_layout import GroupLayout, GroupNumber, read_layout
from deepstream.groups import GroupedFile, KeyGroup, write_group
from deepstream.keyfile import Group
from deepstream.versions import NEWEST, DsVersion

_SINGLE: Final[Mapping[str, tuple[str, type[KeyGroup]]]] = {
    "application": ("application", ApplicationGroup),
    "tiled-display": ("tiled_display", TiledDisplayGroup),
    "osd": ("osd", OsdGroup),
    "segvisual": ("segvisual", SegvisualGroup),
    "streammux": ("streammux", StreammuxGroup),
    "pre-process": ("pre_process", PreProcessGroup),
    "primary-gie": ("primary_gie", GieGroup),
    "tracker": ("tracker", TrackerGroup),
    "nvds-analytics": ("nvds_analytics", AnalyticsGroup),
    "message-converter": ("message_converter", MessageConverterGroup),
    "ds-example": ("ds_example", DsExampleGroup),
    "img-save": ("img_save", ImgSaveGroup),
    "replay": ("replay", ReplayGroup),
    "tests": ("tests", TestsGroup),
}
_NUMBERED: Final[Mapping[str, tuple[str, type[KeyGroup]]]] = {
    "sink": ("sinks", SinkGroup),
    "secondary-gie": ("secondary_gies", GieGroup),
    "message-consumer": ("message_consumers", MessageConsumerGroup),
    "dewarper": ("dewarpers", DewarperGroup),
}
_KEY_FILE: Final = GroupLayout(
    single={
        **_SINGLE,
        "source-list": ("source_list", SourceListGroup),
        "source-attr-all": ("source_attr_all", SourceGroup),
        "visionencoder": ("visionencoder", VisionEncoderGroup),
        "text-embedder": ("text_embedder", TextEmbedderGroup),
    },
    numbered={
        **_NUMBERED,
        "source": ("sources", SourceGroup),
        "secondary-pre-process": ("secondary_pre_processes", PreProcessGroup),
    },
)
_YAML: Final = GroupLayout(single={**_SINGLE, "source": ("csv_source", CsvSourceGroup)}, numbered=_NUMBERED)
_NUMBERED_NAME: Final = re.compile(f"({'|'.join(_KEY_FILE.numbered)})(0|[1-9][0-9]{{0,8}})")
_ORDER: Final = (
    "application",
    "tiled-display",
    "source-list",
    "source-attr-all",
    "source",
    "sink",
    "osd",
    "segvisual",
    "streammux",
    "dewarper",
    "pre-process",
    "primary-gie",
    "secondary-pre-process",
    "secondary-gie",
    "visionencoder",
    "text-embedder",
    "tracker",
    "nvds-analytics",
    "message-converter",
    "message-consumer",
    "ds-example",
    "img-save",
    "replay",
)
_LAST: Final = ("tests",)
_ANY_SUFFIX: Final = ("sink", "secondary-gie", "secondary-pre-process", "message-consumer")
"""Of these DeepStream takes a group for one that only begins so, whatever follows."""
_LEADING_ZEROS: Final = re.compile("(source|dewarper)0[0-9]+")
_SKIPPED: Final = re.compile("(source|sink|secondary-gie)[0-9]+|primary-gie")
"""Of these DeepStream looks at nothing but `enable` when that is not on."""


class AppGroups(GroupedFile):
    """All groups of a file but those that make and batch its sources.

    Numbered groups are in the order of the file, which counts.
    """

    application: ApplicationGroup | None = Field(default=None, description="`[application]`: the program as a whole.")
    tiled_display: TiledDisplayGroup | None = Field(default=None, description="`[tiled-display]`: tiles.")
    sinks: dict[GroupNumber, SinkGroup] = Field(default_factory=dict, description="`[sink<n>]`: outputs.")
    osd: OsdGroup | None = Field(default=None, description="`[osd]`: boxes and texts in the picture.")
    segvisual: SegvisualGroup | None = Field(default=None, description="`[segvisual]`: segmentation in the picture.")
    dewarpers: dict[GroupNumber, DewarperGroup] = Field(
        default_factory=dict, description="`[dewarper<n>]`: by source id, straightened pictures."
    )
    pre_process: PreProcessGroup | None = Field(default=None, description="`[pre-process]`: before the primary GIE.")
    primary_gie: GieGroup | None = Field(default=None, description="`[primary-gie]`: the first model.")
    secondary_pre_processes: dict[GroupNumber, PreProcessGroup] = Field(
        default_factory=dict, description="`[secondary-pre-process<n>]`: before secondary GIEs."
    )
    secondary_gies: dict[GroupNumber, GieGroup] = Field(
        default_factory=dict, description="`[secondary-gie<n>]`: further models, in the order of the file."
    )
    visionencoder: VisionEncoderGroup | None = Field(default=None, description="`[visionencoder]`: embeddings.")
    text_embedder: TextEmbedderGroup | None = Field(default=None, description="`[text-embedder]`: of texts.")
    tracker: TrackerGroup | None = Field(default=None, description="`[tracker]`.")
    nvds_analytics: AnalyticsGroup | None = Field(default=None, description="`[nvds-analytics]`: lines and regions.")
    message_converter: MessageConverterGroup | None = Field(
        default=None, description="`[message-converter]`: one converter for several sinks."
    )
    message_consumers: dict[GroupNumber, MessageConsumerGroup] = Field(
        default_factory=dict, description="`[message-consumer<n>]`: messages from the cloud."
    )
    ds_example: DsExampleGroup | None = Field(default=None, description="`[ds-example]`.")
    img_save: ImgSaveGroup | None = Field(default=None, description="`[img-save]`: saved pictures.")
    replay: ReplayGroup | None = Field(default=None, description="`[replay]`: detections out of files.")
    tests: TestsGroup | None = Field(default=None, description="`[tests]`.")


class AppFile(AppGroups):
    """A whole file. The order of its sources makes their ids: see `deepstream.app.source_ids`."""

    source_list: SourceListGroup | None = Field(
        default=None, description="`[source-list]`: sources as a list. Then `[source-attr-all]` must be there."
    )
    source_attr_all: SourceGroup | None = Field(
        default=None, description="`[source-attr-all]`: what the sources of the list have in common."
    )
    sources: dict[GroupNumber, SourceGroup] = Field(
        default_factory=dict,
        description="`[source<n>]`, in the order of the file. With a list they replace settings of source n.",
    )
    csv_source: CsvSourceGroup | None = Field(default=None, description="YAML only: `source:`, a csv file of sources.")
    streammux: StreammuxGroup | None = Field(default=None, description="`[streammux]`: batches.")

    def with_csv_sources(self, sources: Iterable[SourceGroup]) -> "AppFile":
        """The file with the sources of its csv file as groups, as the `.txt` form wants them."""
        return self.model_copy(update={"csv_source": None, "sources": dict(enumerate(sources))})


def read_app_file(text: str, file_name: str, version: DsVersion = NEWEST) -> tuple[AppFile, tuple[Finding, ...]]:
    """Reads a file: YAML when its name ends so, else a key file.

    Raises:
        ConfigTextError: DeepStream would not load the text.
    """
    return read_app_groups(read_groups(text, file_name), version)


def read_app_groups(config: ConfigText, version: DsVersion = NEWEST) -> tuple[AppFile, tuple[Finding, ...]]:
    """Reads the groups of a file."""
    layout = _YAML if config.yaml else _KEY_FILE
    values, findings = read_layout(layout, config.groups, version=version, yaml=config.yaml)
    groups = {group.name: group for group in config.groups}
    tempered = tuple(_tempered(one, groups.get(one.group), yaml=config.yaml) for one in findings)
    return AppFile(**values), config.findings + tempered


def write_app_file(app: AppFile, header: str = "") -> str:
    """The text of a `.txt` file.

    Raises:
        ValueError: something cannot stand in a `.txt` file: an extra key or group, or a csv file of sources.
    """
    if app.csv_source is not None:
        raise ValueError("a .txt file has no csv file of sources: read it, and write its sources as groups")
    written = [group for name in _ORDER for group in _written(app, name)]
    extra = [(name, list(keys.items())) for name, keys in app.extra_groups.items()]
    for name, _ in extra:
        if name in _KEY_FILE.single or _NUMBERED_NAME.fullmatch(name):
            raise ValueError(f"the other group [{name}] would be taken for deepstream-app's own in a .txt file")
    return keyfile.build([*written, *extra, *(group for name in _LAST for group in _written(app, name))], header)


def _written(app: AppFile, name: str) -> list[tuple[str, list[tuple[str, str]]]]:
    if name in _KEY_FILE.single:
        group = getattr(app, _KEY_FILE.single[name][0])
        return [] if group is None else [(name, write_group(group))]
    groups: Mapping[int, KeyGroup] = getattr(app, _KEY_FILE.numbered[name][0])
    return [(f"{name}{number}", write_group(group)) for number, group in groups.items()]


def _tempered(finding: Finding, group: Group | None, *, yaml: bool) -> Finding:
    """A finding as bad as DeepStream takes it."""
    if group is None:
        return finding
    if not finding.key:
        return _of_name(finding, yaml=yaml)
    if not _SKIPPED.fullmatch(group.name):
        return finding
    if finding.key == "enable" and finding.severity is Severity.ERROR and not yaml:
        message = "no number, which DeepStream takes for 0 without a word: the group is not in use; write 1 or 0"
        return replace(finding, severity=Severity.WARNING, message=message)
    if not _is_on(group):
        message = f"{finding.message} (the group is not in use, so DeepStream does not look)"
        return replace(finding, severity=Severity.NOTE, message=message)
    return finding


def _of_name(finding: Finding, *, yaml: bool) -> Finding:
    """What the name of a group means that is none of those we know."""
    name = finding.group
    if yaml and (name in _KEY_FILE.single or name.startswith(("source", "secondary-pre-process"))):
        message = "deepstream-app reads this group from .txt files only, and goes on without it; write a .txt file"
        return replace(finding, severity=Severity.WARNING, message=message)
    if name.startswith(_ANY_SUFFIX):
        message = "DeepStream takes the group for one of its own by how its name begins; end the name with a number"
        return replace(finding, severity=Severity.WARNING, message=message)
    if _LEADING_ZEROS.fullmatch(name):
        message = "DeepStream reads the number without its zeros; write it so, for the group to be checked"
        return replace(finding, severity=Severity.WARNING, message=message)
    return finding


def _is_on(group: Group) -> bool:
    return (group.get("enable") or "0").split()[:1] not in ([], ["0"])
