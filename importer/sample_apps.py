"""YAML files of NVIDIA's sample apps (deepstream-test1 to test4), and others that name sources in their own way.

Their pipelines are those of deepstream-app with other words for the groups: so they become its groups, each entry with its
line. Source: nvds_yaml_parser and the apps' own readers, DeepStream 6.1 to 9.1.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from deepstream.config_text import ConfigText, read_groups
from deepstream.findings import ConfigTextError, Severity
from deepstream.keyfile import Entry, Group
from deepstream.keyfile_values import read_string_list
from importer.desk import Desk

_NAMES: Final = re.compile(
    r"source|source-list|streammux|primary-gie|secondary-gie[0-9]*|tracker|osd|tiler|sink|msgconv|msgbroker|pre-?process"
)
_OTHER_WORDS: Final[Mapping[str, str]] = {
    "tiler": "tiled-display",
    "preprocess": "pre-process",
    "secondary-gie": "secondary-gie0",
}
_KEYS: Final[Mapping[str, str]] = {"config-file-path": "config-file", "location": "uri"}
_MESSAGES: Final[Mapping[str, Mapping[str, str]]] = {
    "msgconv": {
        "config": "msg-conv-config",
        "payload-type": "msg-conv-payload-type",
        "msg2p-lib": "msg-conv-msg2p-lib",
        "comp-id": "msg-conv-comp-id",
        "debug-payload-dir": "debug-payload-dir",
        "multiple-payloads": "multiple-payloads",
        "msg2p-newapi": "msg-conv-msg2p-new-api",
        "frame-interval": "msg-conv-frame-interval",
    },
    "msgbroker": {
        "proto-lib": "msg-broker-proto-lib",
        "conn-str": "msg-broker-conn-str",
        "config": "msg-broker-config",
        "topic": "topic",
        "sync": "sync",
    },
}
_SOURCE: Final = re.compile(r"source[0-9]*")
_OF_APP: Final = re.compile(
    r"application|tiled-display|osd|segvisual|streammux|pre-process|primary-gie|tracker|nvds-analytics|message-converter|"
    r"ds-example|img-save|replay|tests|source-attr-all|source|"
    r"(?:source|sink|secondary-gie|secondary-pre-process|message-consumer|dewarper)[0-9]+"
)
_GIE: Final = re.compile(r"primary-gie|secondary-gie([0-9]*)")
_URL: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")


def is_sample_app(config: ConfigText) -> bool:
    """True for the file of a sample app: all of its groups are of them, and one names its file as no other app does."""
    if not config.yaml or not all(_NAMES.fullmatch(group.name) for group in config.groups):
        return False
    return any(group.get("location") or group.get("config-file-path") for group in config.groups)


def has_sources_of_its_own(config: ConfigText) -> bool:
    """True for YAML with sources that DeepStream would read from a key file, and with nothing of another program."""
    sources = [group for group in config.groups if _SOURCE.fullmatch(group.name)]
    if not config.yaml or not any(group.get(key) for group in sources for key in ("uri", "location", "type")):
        return False
    source = config.group("source")
    return (source is None or not source.get("csv-file-path")) and all(
        _OF_APP.fullmatch(group.name) for group in config.groups
    )


def as_app_groups(desk: Desk, config: ConfigText) -> ConfigText:
    """The groups as deepstream-app has them in a key file; those of its own files as they are."""
    if is_sample_app(config):
        message = (
            "this is a file of a sample app, whose pipeline deepstream-app has, too: the instance runs deepstream-app. The "
            "picture that it shows in a window goes nowhere (sink type 1), and relative paths begin beside this file"
        )
        desk.remark(Severity.WARNING, desk.main, None, message)
        return ConfigText(tuple(_groups(desk, config)), config.findings, yaml=False)
    if not has_sources_of_its_own(config):
        return config
    named = [group.name for group in config.groups if _SOURCE.fullmatch(group.name)]
    if "source0" in named and "source" in named:
        named.remove("source")
    message = "DeepStream reads sources from a .txt file, or from a csv file; these are taken as they are meant"
    desk.remark(Severity.WARNING, desk.main, min(one.line for one in config.groups if one.name in named), message)
    groups = (_source(group) if group.name in named else group for group in config.groups)
    return ConfigText(tuple(groups), config.findings, yaml=False)


def _groups(desk: Desk, config: ConfigText) -> Iterator[Group]:
    messages: list[Entry] = []
    for group in config.groups:
        if group.name == "source":
            yield _source(Group("source0", group.line, group.entries))
        elif group.name == "source-list":
            yield from _listed(group)
        elif group.name in _MESSAGES:
            words = _MESSAGES[group.name]
            messages += [Entry(words.get(one.key, one.key), one.value, one.line) for one in group.entries]
        elif group.name == "streammux":
            yield group
        elif group.name != "sink":
            yield _switched(desk, group)
    sink = config.group("sink")
    line = sink.line if sink is not None else 1
    yield Group("sink0", line, (*_added(line, enable="1", type="1"), *(sink.entries if sink is not None else ())))
    if messages:
        yield Group("sink1", messages[0].line, (*_added(messages[0].line, enable="1", type="6"), *messages))


def _source(group: Group) -> Group:
    """A source with its switch and its type; what is no URL is the path of a file."""
    entries = [Entry(_KEYS.get(one.key, one.key), one.value, one.line) for one in group.entries]
    found = {one.key: one.value for one in entries}
    uri = found.get("uri", "")
    if uri and not _URL.match(uri):
        entries = [Entry(one.key, f"file://{uri}", one.line) if one.key == "uri" else one for one in entries]
    given = {"enable": "1", **({"type": "4" if uri.startswith("rtsp") else "2"} if uri else {})}
    return Group(
        "source0" if group.name == "source" else group.name,
        group.line,
        (*_added(group.line, **{key: one for key, one in given.items() if key not in found}), *entries),
    )


def _listed(group: Group) -> Iterator[Group]:
    entry = next((one for one in group.entries if one.key == "list"), None)
    for number, uri in enumerate(filter(None, read_string_list(entry.value) if entry is not None else ())):
        line = entry.line if entry is not None else group.line
        yield _source(Group(f"source{number}", line, (Entry("uri", uri.strip(), line),)))


def _switched(desk: Desk, group: Group) -> Group:
    """A group with its switch, and with the ids of its model: deepstream-app goes by those of groups alone."""
    entries = [Entry(_KEYS.get(one.key, one.key), one.value, one.line) for one in group.entries]
    added = {} if group.get("enable") is not None else {"enable": "1"}
    gie = _GIE.fullmatch(group.name)
    if gie is not None:
        path = group.get("config-file-path") or group.get("config-file") or ""
        ids = {
            "gie-unique-id": str(int(gie[1] or 0) + 1),
            **({} if gie[0] == "primary-gie" else {"operate-on-gie-id": "1"}),
        }
        added |= {key: _said_in(desk, path, key) or one for key, one in ids.items() if group.get(key) is None}
    return Group(_OTHER_WORDS.get(group.name, group.name), group.line, (*_added(group.line, **added), *entries))


def _said_in(desk: Desk, path: str, key: str) -> str | None:
    """What the file of a model says itself."""
    text = desk.text(path)
    try:
        found = read_groups(text, path).group("property") if text is not None else None
    except ConfigTextError:
        return None
    return found.get(key) if found is not None else None


def _added(line: int, **values: str) -> tuple[Entry, ...]:
    return tuple(Entry(key.replace("_", "-"), value, line) for key, value in values.items())
