"""The text of a configuration file, in whichever of DeepStream's two forms it is written."""

from dataclasses import dataclass
from typing import Final

from deepstream import keyfile, yaml_text
from deepstream.findings import Finding
from deepstream.keyfile import Group

YAML_SUFFIXES: Final = (".yml", ".yaml")


@dataclass(frozen=True)
class ConfigText:
    """The groups of a file, and what is to be said about its text."""

    groups: tuple[Group, ...]
    findings: tuple[Finding, ...]
    yaml: bool
    """True when DeepStream takes the file for YAML."""

    def group(self, name: str) -> Group | None:
        """The group of this name."""
        return next((group for group in self.groups if group.name == name), None)


def is_yaml(file_name: str) -> bool:
    """True when DeepStream takes a file of this name for YAML: the case of the letters counts."""
    return file_name.endswith(YAML_SUFFIXES)


def read_groups(text: str, file_name: str) -> ConfigText:
    """Reads a file of groups as DeepStream does: by its suffix as YAML, else as a key file.

    Raises:
        ConfigTextError: DeepStream would not load the file; `line` says where.
    """
    if is_yaml(file_name):
        document = yaml_text.parse(text)
        return ConfigText(document.groups, document.findings, yaml=True)
    key_file = keyfile.parse(text)
    return ConfigText(key_file.groups, key_file.findings, yaml=False)
