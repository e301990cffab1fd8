"""The file that nvdspreprocess reads."""

from pydantic import Field

from deepstream import keyfile
from deepstream.config_text import read_groups
from deepstream.findings import Finding, Severity
from deepstream.group_layout import GroupLayout, GroupNumber, read_layout, write_layout
from deepstream.groups import GroupedFile
from deepstream.keyfile import Group
from deepstream.preprocess.groups import PreprocessGroup, PreprocessProperty, UserConfigs
from deepstream.versions import NEWEST, DsVersion

_LAYOUT = GroupLayout(
    single={"property": ("settings", PreprocessProperty), "user-configs": ("user_configs", UserConfigs)},
    numbered={"group-": ("groups", PreprocessGroup)},
)
_ROI = "roi-params-src"


class PreprocessFile(GroupedFile):
    """A whole file."""

    settings: PreprocessProperty | None = Field(default=None, description="`[property]`; must be there.")
    user_configs: UserConfigs | None = Field(
        default=None, description="`[user-configs]`: settings that the custom library reads for itself."
    )
    groups: dict[GroupNumber, PreprocessGroup] = Field(
        default_factory=dict, description="By number, counted from 0 without gaps, how sources are treated."
    )


def read_preprocess_file(
    text: str, file_name: str, version: DsVersion = NEWEST
) -> tuple[PreprocessFile, tuple[Finding, ...]]:
    """Reads a file: YAML when its name ends so, else a key file.

    Raises:
        ConfigTextError: DeepStream would not load the text.
    """
    config = read_groups(text, file_name)
    values, findings = read_layout(_LAYOUT, config.groups, version=version, yaml=config.yaml)
    order = () if config.yaml else _out_of_order(config.groups)
    return PreprocessFile(**values), config.findings + findings + order


def write_preprocess_file(file: PreprocessFile, header: str = "") -> str:
    """The text of a key file.

    Raises:
        ValueError: an extra key or group cannot stand in a key file.
    """
    return keyfile.build(write_layout(_LAYOUT, file), header)


def _out_of_order(groups: tuple[Group, ...]) -> tuple[Finding, ...]:
    """DeepStream reads from top to bottom, and takes what it has not read yet for absent."""
    findings = []
    property_seen = False
    for group in groups:
        property_seen = property_seen or group.name == "property"
        if not group.name.startswith("group-"):
            continue
        if not property_seen:
            message = "the group stands before [property], whose process-on-frame decides how it is read; move it down"
            findings.append(Finding(Severity.ERROR, message, group.name, line=group.line))
        keys = [entry.key for entry in group.entries]
        at = next((at for at, key in enumerate(keys) if key.startswith(_ROI)), None)
        if at is None:
            continue
        for late in {"src-ids", "process-on-roi", "process-on-all-objects"}.intersection(keys[at:]):
            entry = group.entries[keys.index(late)]
            message = (
                f"the key stands behind {_ROI}-…, which DeepStream reads by it, so the regions are lost; move it up"
            )
            findings.append(Finding(Severity.ERROR, message, group.name, late, entry.line))
    return tuple(sorted(findings, key=lambda one: one.line or 0))
