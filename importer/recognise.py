"""What a path leads to: which kind of configuration it is, told by its groups and keys."""

import posixpath
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from deepstream.analytics.config import LAYOUT as ANALYTICS_LAYOUT
from deepstream.config_text import YAML_SUFFIXES, ConfigText, read_groups
from deepstream.findings import ConfigTextError
from deepstream.near_miss import near_miss
from deepstream.nvinfer.property import InferProperty
from deepstream.retinaface.files import APP_CONF_FILE, MISNAMED_APP_CONF_FILE, SOURCE_LIST_FILE
from deepstream.retinaface.json_text import load_object
from importer.model import CannotImport, ListFolder, ReadFile
from importer.other_files import is_triton_text, kind_by_groups, kind_by_keys, kind_by_text, program_by_groups
from importer.sample_apps import has_sources_of_its_own, is_sample_app
from importer.secrets_taken import without_logins

EXPECTED: Final = (
    "expected is a file of deepstream-app, of nvinfer, nvinferserver or nvdsanalytics, or the configuration folder of the "
    "RetinaFace app"
)
_APP_GROUPS: Final = re.compile(
    r"application|tiled-display|streammux|source-list|source-attr-all|primary-gie|(source|sink|secondary-gie)[0-9]+"
)
_YAML_APP_GROUPS: Final = re.compile(r"application|tiled-display|streammux|sink[0-9]+")
_SWITCHED: Final = re.compile(
    r"osd|segvisual|pre-process|primary-gie|(secondary-gie|secondary-pre-process|message-consumer|dewarper)[0-9]+|"
    r"nvds-analytics|message-converter|ds-example|img-save|replay|visionencoder|text-embedder"
)
"""Groups that tell a file of deepstream-app when they have a switch, as in no other file."""
_USUAL_GROUPS: Final = (
    "property",
    "application",
    "tiled-display",
    "streammux",
    "source-list",
    "source0",
    "sink0",
    "primary-gie",
    "message-broker",
)
_SHOWN: Final = 8


class ConfigKind(StrEnum):
    """What can be imported."""

    APP = "app"
    INFER = "infer"
    ANALYTICS = "analytics"
    TRITON = "triton"
    RETINAFACE = "retinaface"


@dataclass(frozen=True)
class Recognised:
    """What a path led to."""

    kind: ConfigKind
    path: str
    """The file; of the RetinaFace app the folder."""
    text: str = ""
    app_conf: str | None = None
    """Of the RetinaFace app: the name of the file with its settings."""
    source_list: str | None = None
    """Of the RetinaFace app: the name of the file with its cameras."""


def recognise(path: str, read_file: ReadFile, list_folder: ListFolder) -> Recognised:
    """Tells what a path leads to.

    Raises:
        CannotImport: nothing that can be imported.
    """
    names = list_folder(path)
    if names:
        return _in_folder(path, names, read_file)
    text = read_file(path)
    if text is None:
        raise CannotImport(f"{path}: there is no file in UTF-8, and no folder with files, at this path; {EXPECTED}")
    if path.lower().endswith(".json") or text.lstrip().startswith("{"):
        return _json(path, text, list_folder(posixpath.dirname(path) or "."))
    if is_triton_text(text):
        return Recognised(ConfigKind.TRITON, path, text)
    what = kind_by_text(path, text)
    if what:
        raise CannotImport(_not_alone(f"{path}:1", what))
    config = _groups(path, text)
    place = f"{path}:{config.groups[0].line if config.groups else 1}"
    return Recognised(_kind_of(place, config), path, text)


def _in_folder(path: str, names: tuple[str, ...], read_file: ReadFile) -> Recognised:
    seed = [name for name in (APP_CONF_FILE, MISNAMED_APP_CONF_FILE) if name in names]
    if seed or SOURCE_LIST_FILE in names:
        sources = SOURCE_LIST_FILE if SOURCE_LIST_FILE in names else None
        return Recognised(ConfigKind.RETINAFACE, path, app_conf=seed[0] if seed else None, source_list=sources)
    apps = []
    for name in sorted(names):
        if not name.endswith((".txt", *YAML_SUFFIXES)):
            continue
        file = posixpath.join(path, name)
        text = read_file(file)
        if text is not None and _is_app(file, text):
            apps.append((file, text))
    if len(apps) == 1:
        return Recognised(ConfigKind.APP, *apps[0])
    if apps:
        shown = ", ".join(posixpath.basename(file) for file, _ in apps)
        raise CannotImport(f"{path}: there are {len(apps)} files of deepstream-app: {shown}; name one of them")
    raise CannotImport(
        f"{path}: in this folder is neither a file of deepstream-app nor {APP_CONF_FILE} or {SOURCE_LIST_FILE} of the "
        "RetinaFace app; name a file"
    )


def _is_app(path: str, text: str) -> bool:
    try:
        return _kind_of(path, read_groups(text, path)) is ConfigKind.APP
    except ValueError:
        return False


def _json(path: str, text: str, beside: tuple[str, ...]) -> Recognised:
    try:
        document = load_object(text)
    except ConfigTextError as error:
        raise CannotImport(f"{path}:{error.line}: {error.message}; {EXPECTED}") from None
    folder, name = posixpath.dirname(path) or ".", posixpath.basename(path)
    inner = document.get("config", document)
    known = [one for one in (APP_CONF_FILE, MISNAMED_APP_CONF_FILE) if one in beside]
    if isinstance(document.get("sources"), list) or isinstance(document.get("stream"), list):
        return Recognised(ConfigKind.RETINAFACE, folder, app_conf=known[0] if known else None, source_list=name)
    if isinstance(inner, dict) and ("streammux_batch_size" in inner or "kafka_connection_str" in inner):
        sources = SOURCE_LIST_FILE if SOURCE_LIST_FILE in beside else None
        return Recognised(ConfigKind.RETINAFACE, folder, app_conf=name, source_list=sources)
    raise CannotImport(
        f"{path}:1: the JSON in it is neither {APP_CONF_FILE} nor {SOURCE_LIST_FILE} of the RetinaFace app"
    )


def _groups(path: str, text: str) -> ConfigText:
    try:
        return read_groups(text, path)
    except ConfigTextError as error:
        raise CannotImport(f"{path}:{error.line}: {error.message}") from None


def _kind_of(place: str, config: ConfigText) -> ConfigKind:
    names = [group.name for group in config.groups]
    if _is_of_app(config):
        return ConfigKind.APP
    if any(name.startswith(tuple(ANALYTICS_LAYOUT.numbered)) for name in names):
        return ConfigKind.ANALYTICS
    group = config.group("property")
    if group is not None:
        keys = {entry.key for entry in group.entries}
        if "config-width" in keys or "config-height" in keys:
            return ConfigKind.ANALYTICS
        what = kind_by_keys(keys, names)
        if what:
            raise CannotImport(_not_alone(place, what))
        if keys & {declared.name for declared in InferProperty.keys().values()}:
            return ConfigKind.INFER
    raise _unknown(place, config)


def _is_of_app(config: ConfigText) -> bool:
    expected = _YAML_APP_GROUPS if config.yaml else _APP_GROUPS
    source = config.group("source") if config.yaml else None
    return (
        is_sample_app(config)
        or has_sources_of_its_own(config)
        or any(expected.fullmatch(group.name) for group in config.groups)
        or any(_SWITCHED.fullmatch(group.name) and group.get("enable") is not None for group in config.groups)
        or (source is not None and bool(source.get("csv-file-path")))
    )


def _unknown(place: str, config: ConfigText) -> CannotImport:
    """The error for a file that is none of those expected, with what it is as far as that can be told."""
    what, program = kind_by_groups(config), program_by_groups(config)
    if what:
        return CannotImport(_not_alone(place, what))
    if program:
        return CannotImport(f"{place}: this is {program}; {EXPECTED}")
    names = [group.name for group in config.groups]
    shown = ", ".join(f"[{without_logins(name)[:40]}]" for name in names[:_SHOWN]) + (
        " and more" if len(names) > _SHOWN else ""
    )
    strange = [name for name in names if name not in _USUAL_GROUPS]
    near = next((one for name in strange if (one := near_miss(name, _USUAL_GROUPS))), "")
    found = f"its groups are {shown}{near}" if names else "it has no group at all"
    return CannotImport(f"{place}: {found}; {EXPECTED}")


def _not_alone(place: str, what: str) -> str:
    return (
        f"{place}: this is {what}, of which alone nothing can be made: import the file of deepstream-app that names it"
    )
