"""The names of the files in the configuration folder of an instance, and who names them."""

from collections.abc import Iterator, Mapping
from typing import Final

from controller.checks.violation import Path, Violation, error, warning
from controller.render.file_names import ANALYTICS_FILE, DEEPSTREAM_APP_FILE, MSGCONV_FILE, PIPELINE_FILE
from controller.render.resolved import ResolvedInstance
from controller.render.texts import CannotWriteError, rendered_files
from crds.app_kind import AppKind
from crds.deepstream_app import DeepstreamApp
from crds.dsinstance import DsInstance, DsInstanceSpec
from deepstream.config_text import is_yaml
from deepstream.groups import KeyGroup
from deepstream.near_miss import near_miss
from deepstream.retinaface.files import APP_CONF_FILE, FACE_ALIGN_FILE, SOURCE_LIST_FILE
from deepstream.retinaface.inference import INFER_FILES, InferenceChain

_MADE: Final[Mapping[AppKind, tuple[str, ...]]] = {
    AppKind.RETINAFACE: (APP_CONF_FILE, SOURCE_LIST_FILE, *INFER_FILES.values(), FACE_ALIGN_FILE),
    AppKind.REFERENCE: (APP_CONF_FILE, SOURCE_LIST_FILE, PIPELINE_FILE, ANALYTICS_FILE, MSGCONV_FILE),
    AppKind.DEEPSTREAM_APP: (DEEPSTREAM_APP_FILE, ANALYTICS_FILE, MSGCONV_FILE),
}
NO_SUCH_FILE: Final = "there is no file"
"""How a sentence begins about a file that must be there."""
_MAPPINGS: Final[Mapping[str, str]] = {
    "infer_configs": "inferConfigs",
    "preprocess_configs": "preprocessConfigs",
    "message_brokers": "messageBrokers",
    "files": "files",
}
_READ: Final[Mapping[str, str]] = {
    "config_file": "infer_configs",
    "labelfile_path": "files",
    "msg_broker_config": "message_brokers",
    "msg_conv_config": "files",
    "ll_config_file": "files",
    "sensor_list_file": "files",
}
"""Fields that name a file that must be there, and where it is described most likely."""


def check_file_names(instance: DsInstance) -> Iterator[Violation]:
    """Two files of one name, of which only one can be there."""
    spec = instance.spec
    if not any(getattr(spec, field) for field in _MAPPINGS):
        return
    owners = dict.fromkeys(_MADE[spec.app.kind], "")
    for field, alias in _MAPPINGS.items():
        for name in getattr(spec, field):
            if name in owners:
                whose = f"spec.{owners[name]} has" if owners[name] else "the controller makes"
                message = f"{whose} a file of this name too, and the configuration folder has one only: rename it"
                yield error(("spec", alias, name), message)
            owners.setdefault(name, alias)
    for field in ("preprocess_configs", "message_brokers"):
        for name in getattr(spec, field):
            if is_yaml(name):
                message = (
                    "it is written as a key file, and DeepStream reads a file by the end of its name: give it another "
                    "one, such as .txt"
                )
                yield (error if field == "preprocess_configs" else warning)(("spec", _MAPPINGS[field], name), message)


def check_named_files(resolved: ResolvedInstance, app: DeepstreamApp) -> Iterator[Violation]:
    """Names of files that nobody describes. What has a folder in it is a path in the image, and left as it is."""
    spec = resolved.instance.spec
    mount = spec.container.config_mount_path.rstrip("/")
    if any((volume.mount_path + "/").startswith(mount + "/") for volume in spec.container.volumes):
        # Other files lie there too.
        return
    known = _known(resolved)
    groups: list[tuple[Path, KeyGroup]] = []
    for name, field in type(app).model_fields.items():
        value = getattr(app, name)
        path: Path = ("spec", "deepstreamApp", field.alias or name)
        if isinstance(value, KeyGroup):
            groups.append((path, value))
        elif isinstance(value, dict) and name not in ("camera_sources", "extra_groups"):
            groups += [((*path, str(number)), group) for number, group in value.items()]
    for path, group in groups:
        if getattr(group, "enable", True):
            yield from _of_group(spec, path, group, known)
    for file, config in resolved.infer_configs.items():
        yield from _of_group(spec, ("spec", "inferConfigs", file, "property"), config.property, known)


def _known(resolved: ResolvedInstance) -> set[str]:
    spec = resolved.instance.spec
    known = {name for field in _MAPPINGS for name in getattr(spec, field)}
    known |= {ANALYTICS_FILE} if resolved.analytics is not None else set()
    return known | ({MSGCONV_FILE} if resolved.msgconv is not None else set())


def _of_group(spec: DsInstanceSpec, path: Path, group: KeyGroup, known: set[str]) -> Iterator[Violation]:
    for field, likely in _READ.items():
        value = getattr(group, field, None)
        if not isinstance(value, str):
            continue
        for name in filter(None, value.split(";")):
            if "/" in name or name in known:
                continue
            described = set(getattr(spec, likely))
            if field == "config_file" and "pre" in str(path[2]).lower():
                described = set(spec.preprocess_configs)
            if field == "config_file" and path[2] == "messageConsumers":
                described = set(spec.message_brokers)
            where = ", ".join(f"spec.{alias}" for alias in _MAPPINGS.values())
            message = (
                f"{NO_SUCH_FILE} {name!r} in the configuration folder, where the app looks for it: describe it (in "
                f"one of {where}), or write the path that it has in the image{near_miss(name, sorted(described | known))}"
            )
            alias = type(group).model_fields[field].alias or field
            yield warning((*path, alias), message)


def check_writable(resolved: ResolvedInstance) -> Iterator[Violation]:
    """Something that cannot stand in a file of its kind; a plan would fail by it."""
    try:
        rendered_files(resolved)
    except CannotWriteError as refused:
        yield error(
            _place_of(resolved.instance.spec, refused.path), f"{refused.path} cannot be written: {refused.message}"
        )


def _place_of(spec: DsInstanceSpec, name: str) -> Path:
    for field, alias in _MAPPINGS.items():
        if name in getattr(spec, field):
            return ("spec", alias, name)
    chain = {**{file: field for field, file in INFER_FILES.items()}, FACE_ALIGN_FILE: "face_align"}
    if name in chain and spec.app.kind is AppKind.RETINAFACE:
        return ("spec", "inference", InferenceChain.model_fields[chain[name]].alias or chain[name])
    return {ANALYTICS_FILE: ("spec", "analytics"), DEEPSTREAM_APP_FILE: ("spec", "deepstreamApp")}.get(name, ("spec",))
