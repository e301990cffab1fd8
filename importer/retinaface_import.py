"""The configuration folder of the RetinaFace app as manifests."""

import posixpath
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote

from pydantic import BaseModel, ValidationError
from pydantic.alias_generators import to_camel

from crds.deepstream_app import StreammuxSettings
from crds.dsinstance import AppSettings
from deepstream.config_text import read_groups
from deepstream.findings import ConfigTextError, Finding, Severity
from deepstream.near_miss import near_miss
from deepstream.retinaface.app_conf import AppConf, read_app_conf
from deepstream.retinaface.defaults import APP_DEEPSTREAM
from deepstream.retinaface.files import (
    APP_CONF_FILE,
    FACE_ALIGN_FILE,
    MISNAMED_APP_CONF_FILE,
    SOURCE_LIST_FILE,
    WORKING_FOLDER,
)
from deepstream.retinaface.inference import INFER_FILES, given_over_defaults, read_chain_files
from deepstream.retinaface.json_lines import lines_in_json
from deepstream.retinaface.source_list import NEWEST_RELEASE, Source, SourceList, read_source_list
from importer.cameras import CameraMaker, Draft, NoCameraError, Origin
from importer.desk import Desk
from importer.model import CannotImport
from importer.places import Lines
from importer.recognise import Recognised

_OF_APP: Final = (
    "app_type",
    "face_raw_meta_topic",
    "mot_raw_meta_topic",
    "visual_topic",
    "kafka_connection_str",
    "face_confidence_threshold",
    "mot_confidence_threshold",
    "gpu_id",
)
_OF_MUXER: Final[Mapping[str, str]] = {
    "streammux_output_width": "width",
    "streammux_output_height": "height",
    "streammux_batch_size": "batch_size",
    "streammux_buffer_pool": "buffer_pool",
    "streammux_nvbuf_memory_type": "nvbuf_memory_type",
}
_CHAIN_FILES: Final[Mapping[str, str]] = {
    to_camel(field): file for field, file in (*INFER_FILES.items(), ("face_align", FACE_ALIGN_FILE))
}
"""The files of the networks, by the fields of manifests."""


def import_retinaface(desk: Desk, found: Recognised) -> tuple[dict[str, Any], CameraMaker, list[Draft]]:
    """The spec of an instance with the app's settings and networks, and its cameras."""
    app, streammux = _settings(desk, found.app_conf)
    maker = CameraMaker(desk)
    sources, lines = _source_list(desk, found.source_list)
    drafts = _cameras(desk, maker, sources, desk.shown(found.source_list or SOURCE_LIST_FILE), lines)
    if sources.release is not NEWEST_RELEASE:
        app["release"] = sources.release.value
    spec: dict[str, Any] = {}
    if app:
        spec["app"] = app
    if streammux:
        spec["streammux"] = streammux
    inference = _chain(desk)
    if inference:
        spec["inference"] = inference
    batch = int(streammux.get("batchSize", StreammuxSettings().most_cameras))
    if batch < len(drafts):
        message = f"streammux_batch_size: {batch} is less than the number of cameras, {len(drafts)}: raise it, or split the cameras"
        desk.remark(Severity.ERROR, desk.whole, _line(desk, found.app_conf, "streammux_batch_size"), message)
    return spec, maker, drafts


def _settings(desk: Desk, name: str | None) -> tuple[dict[str, Any], dict[str, Any]]:
    shown = desk.shown(name or APP_CONF_FILE)
    text = desk.text(name) if name else None
    if text is None:
        message = f"{APP_CONF_FILE}: the file is missing, and the app does not start without; the values of the project's own are taken"
        desk.remark(Severity.WARNING, desk.whole, None, message)
        return {}, {}
    if name == MISNAMED_APP_CONF_FILE:
        desk.remark(
            Severity.WARNING, shown, 1, f"the app reads no file of this name: it is rendered as {APP_CONF_FILE}"
        )
    try:
        conf, findings = read_app_conf(text)
    except ConfigTextError as error:
        raise desk.refuse(shown, error) from None
    lines = lines_in_json(text)
    desk.findings(shown, findings, lines.get)
    if conf is None:
        message = "the app ends on these settings, so none of them is taken; correct the file and import it again"
        desk.remark(Severity.ERROR, shown, 1, message, left_out=True)
        return {}, {}
    for key in conf.extra_keys:
        desk.remark(
            Severity.WARNING,
            shown,
            _line_in(lines, key),
            f"{_shown(key)} is left out: manifests have no place for it{near_miss(key, conf.model_dump())}",
            left_out=True,
        )
    return _of_conf(desk, shown, lines, conf, AppSettings, {one: one for one in _OF_APP}), _of_conf(
        desk, shown, lines, conf, StreammuxSettings, _OF_MUXER
    )


def _of_conf(
    desk: Desk, shown: str, lines: Mapping[str, int], conf: AppConf, model: type[BaseModel], fields: Mapping[str, str]
) -> dict[str, Any]:
    """The values that manifests take, by their names there."""
    data = conf.model_dump(mode="json")
    taken = {}
    for name, field in fields.items():
        alias = to_camel(field)
        try:
            model.model_validate({alias: data[name]})
        except ValidationError as error:
            why = error.errors(include_url=False, include_context=False, include_input=False)[0]["msg"]
            desk.remark(
                Severity.ERROR,
                shown,
                _line_in(lines, name),
                f"{name} is left out: {why}; the default holds",
                left_out=True,
            )
        else:
            taken[alias] = data[name]
    return taken


def _source_list(desk: Desk, name: str | None) -> tuple[SourceList, Mapping[str, int]]:
    shown = desk.shown(name or SOURCE_LIST_FILE)
    text = desk.text(name) if name else None
    if text is None:
        message = f"{SOURCE_LIST_FILE}: the file is missing: there are no cameras"
        desk.remark(Severity.WARNING, desk.whole, None, message)
        return SourceList(sources=()), {}
    try:
        sources, findings = read_source_list(text)
    except ConfigTextError as error:
        raise desk.refuse(shown, error) from None
    lines = lines_in_json(text)
    desk.findings(shown, findings, lambda path: _line_in(lines, path))
    return sources, lines


def _cameras(desk: Desk, maker: CameraMaker, sources: SourceList, shown: str, lines: Mapping[str, int]) -> list[Draft]:
    drafts: list[Draft] = []
    for source_id, source in enumerate(sources.sources):
        where = f"{sources.release.list_key}[{source_id}].address"
        origin = Origin(shown, _line_in(lines, where), where)
        try:
            draft = _draft(desk, maker, origin, len(drafts), source)
        except NoCameraError as error:
            desk.remark(
                Severity.WARNING, shown, origin.line, f"{origin.where}: the source is left out: {error}", left_out=True
            )
            continue
        desk.places.put((), shown, origin.line, draft.name)
        if source.encode_type != "h264":
            draft.spec["encodeType"] = source.encode_type
        if not source.stream:
            draft.spec["visual"] = False
        for key in source.extra_keys:
            message = f"{origin.where}: {_shown(key)} beside it is left out: manifests have no place for it"
            desk.remark(Severity.WARNING, shown, origin.line, message, left_out=True)
        drafts.append(draft)
    return drafts


def _draft(desk: Desk, maker: CameraMaker, origin: Origin, source_id: int, source: Source) -> Draft:
    draft = maker.make(origin, source_id, _address(source), desk.place, (source.camera_id, None))
    if draft.spec.get("type", "rtsp") != source.type:
        raise NoCameraError(f"its type is {source.type}, and its address is none of a {source.type}")
    return draft


def _address(source: Source) -> str:
    """The address as a URL; the app opens files by plain paths, as its working folder sees them."""
    if source.type != "file" or "://" in source.address:
        return source.address
    path = posixpath.normpath(posixpath.join(WORKING_FOLDER, source.address))
    return f"file://{quote(path, safe='/~!$&()*+=:@')}"


def _chain(desk: Desk) -> dict[str, Any]:
    """The networks, in so far as they are not the app's own."""
    texts = {file: text for file in _CHAIN_FILES.values() if (text := desk.text(file)) is not None}
    if not texts:
        message = "none of the files of the networks is here; the values of the app's own are taken"
        desk.remark(Severity.WARNING, desk.whole, None, message)
        return {}
    try:
        chain, findings = read_chain_files(texts, desk.options.ds_version or APP_DEEPSTREAM)
    except ConfigTextError as error:
        file, _, message = error.message.partition(": ")
        raise CannotImport(f"{desk.shown(file)}:{error.line}: {message}") from None
    for one in findings:
        file, _, group = one.group.partition(": ")
        finding = Finding(one.severity, one.message, group, one.key, one.line)
        desk.findings(desk.shown(file), [finding])
    given = given_over_defaults(chain)
    return {
        key: _without_keys(desk, one, desk.shown(_CHAIN_FILES[key]), _lines(texts, _CHAIN_FILES[key]))
        for key, one in given.items()
    }


def _without_keys(desk: Desk, config: dict[str, Any], shown: str, lines: Lines) -> dict[str, Any]:
    """The keys of an nvinfer file without the one of its model."""
    keys = config.get("property")
    if not isinstance(keys, dict):
        return config
    key = keys.get("tltModelKey")
    clean = desk.secrets.model_key(key) if isinstance(key, str) and key else key
    extra = desk.secrets.without_secret_keys(keys.get("extraKeys") or {}, "models")
    if clean != key:
        desk.remark(
            Severity.NOTE, shown, lines.of("property", "tlt-model-key"), "[property] tlt-model-key: it became a secret"
        )
    for one in extra.taken:
        desk.remark(Severity.NOTE, shown, lines.of("property", one), f"[property] {one}: it became a secret")
    if clean == key and not extra.taken:
        return config
    changed = {**keys, **({"tltModelKey": clean} if clean else {}), **({"extraKeys": extra.data} if extra.data else {})}
    return {**config, "property": changed}


def _shown(key: str) -> str:
    return key if key.isascii() and key.replace("_", "").replace("-", "").isalnum() and len(key) <= 64 else "a key"


def _line_in(lines: Mapping[str, int], path: str) -> int | None:
    """The line of a value, or of the nearest thing around it that has one."""
    while path not in lines:
        outer = path.rstrip("]").rpartition("[" if path.endswith("]") else ".")[0]
        if not outer:
            return lines.get(f"config.{path}")
        path = outer
    return lines[path]


def _line(desk: Desk, name: str | None, key: str) -> int | None:
    text = desk.text(name) if name else None
    return _line_in(lines_in_json(text), key) if text is not None else None


def _lines(texts: Mapping[str, str], file: str) -> Lines:
    return Lines(read_groups(texts[file], file).groups) if file in texts else Lines()
