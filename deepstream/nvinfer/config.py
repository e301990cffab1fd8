"""A whole nvinfer file: `[property]` and the attributes of classes."""

import re
from collections.abc import Iterable
from typing import Annotated, Final

from pydantic import Field

from deepstream import keyfile, yaml_text
from deepstream.config_text import read_groups
from deepstream.findings import Finding, Severity
from deepstream.groups import GroupedFile, KeyGroup, read_group, write_group
from deepstream.keyfile import Group
from deepstream.near_miss import near_miss
from deepstream.nvinfer.class_attrs import ClassAttrs
from deepstream.nvinfer.property import InferProperty
from deepstream.nvinfer.yaml_form import check_yaml_group, require_yaml
from deepstream.versions import NEWEST, DsVersion

PROPERTY_GROUP: Final = "property"
CLASS_ATTRS_PREFIX: Final = "class-attrs-"
ALL_CLASSES: Final = "all"

_CLASS = r"all|0|[1-9][0-9]{0,8}"
_LEADING_NUMBER = re.compile(r"[ \t]*[+]?[0-9]")

ClassName = Annotated[str, Field(pattern=f"^({_CLASS})$")]


class InferConfig(GroupedFile):
    """The configuration of one nvinfer."""

    property: InferProperty = Field(
        description="The network, what it looks at, and what its outputs mean: [property]. DeepStream demands it."
    )
    class_attrs: dict[ClassName, ClassAttrs] = Field(
        default_factory=dict,
        description="What a detector reports of each class, by the number of the class from 0, or `all`: "
        "[class-attrs-<n>], [class-attrs-all].",
    )


def read_infer_config(
    text: str, file_name: str, version: DsVersion = NEWEST
) -> tuple[InferConfig, tuple[Finding, ...]]:
    """Reads an nvinfer file.

    Args:
        text: what the file holds.
        file_name: YAML or key file is told by its suffix.
        version: the DeepStream that reads it.

    Returns:
        The configuration, and what is to be said about the text, its groups and its values; rules across keys are
        those of `deepstream.nvinfer.rules`.

    Raises:
        ConfigTextError: DeepStream would not load the file; `line` says where.
    """
    read = read_groups(text, file_name)
    findings = list(read.findings)
    extra: dict[str, dict[str, str]] = {}
    classes: dict[str, ClassAttrs] = {}
    properties: InferProperty | None = None
    for group in read.groups:
        found: Iterable[Finding]
        model = InferProperty if group.name == PROPERTY_GROUP else ClassAttrs
        suffix = group.name.removeprefix(CLASS_ATTRS_PREFIX)
        if group.name == PROPERTY_GROUP:
            properties, found = read_group(InferProperty, group.name, group.entries, version=version, yaml=read.yaml)
        elif suffix != group.name and re.fullmatch(_CLASS, suffix):
            classes[suffix], found = read_group(ClassAttrs, group.name, group.entries, version=version, yaml=read.yaml)
        else:
            extra[group.name] = {entry.key: entry.value for entry in group.entries}
            findings.append(_unknown(group))
            continue
        findings += found
        if read.yaml:
            findings += check_yaml_group(model, group)
    if properties is None:
        message = "the group is missing, and nvinfer does not start without it"
        findings.append(Finding(Severity.ERROR, message, PROPERTY_GROUP))
        properties = InferProperty()
    return InferConfig(property=properties, class_attrs=classes, extra_groups=extra), tuple(findings)


def write_infer_config(config: InferConfig, *, yaml: bool = False, header: str = "") -> str:
    """The text of an nvinfer file that `read_infer_config` reads as this configuration.

    Args:
        config: what to write.
        yaml: write YAML instead of a key file; the name of the file must end with .yml or .yaml then.
        header: text for a comment at the top.

    Raises:
        ValueError: a key or value cannot stand in a file of this kind; the message names it.
    """
    known: list[tuple[str, KeyGroup]] = [(PROPERTY_GROUP, config.property)]
    known += [
        (f"{CLASS_ATTRS_PREFIX}{name}", config.class_attrs[name]) for name in sorted(config.class_attrs, key=_rank)
    ]
    groups = [(name, write_group(group)) for name, group in known]
    twice = [name for name, _ in groups if name in config.extra_groups]
    if twice:
        raise ValueError(f"[{twice[0]}] stands among the extra groups too: a file has it once")
    if yaml:
        for (name, group), (_, entries) in zip(known, groups, strict=True):
            require_yaml(type(group), name, entries)
    groups += [(name, list(entries.items())) for name, entries in config.extra_groups.items()]
    return yaml_text.build(groups, header) if yaml else keyfile.build(groups, header)


def _rank(name: str) -> tuple[bool, int]:
    """All classes first, then each in the order of its number."""
    return (name != ALL_CLASSES, 0 if name == ALL_CLASSES else int(name))


def _unknown(group: Group) -> Finding:
    suffix = group.name.removeprefix(CLASS_ATTRS_PREFIX)
    if suffix == group.name:
        near = near_miss(group.name, (PROPERTY_GROUP, f"{CLASS_ATTRS_PREFIX}{ALL_CLASSES}"))
        message = f"nvinfer does not know this group, and goes on without it{near}"
        return Finding(Severity.WARNING, message, group.name, line=group.line)
    if _LEADING_NUMBER.match(suffix):
        message = "nvinfer takes the group for that of the number it begins with: write a plain number from 0, or all"
        return Finding(Severity.WARNING, message, group.name, line=group.line)
    message = f"the number of a class, or all, must follow {CLASS_ATTRS_PREFIX}: a detector refuses the file"
    return Finding(Severity.ERROR, message, group.name, line=group.line)
