"""deepstream-app: its groups, its sources, and the files that they name."""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from controller.checks.displays import check_displays
from controller.checks.engines import check_engine_folders
from controller.checks.files import check_named_files
from controller.checks.messages import check_brokers, check_sinks
from controller.checks.models import Model, check_models, models_of
from controller.checks.releases import check_release
from controller.checks.sources import check_sources
from controller.checks.versions import check_versions
from controller.checks.violation import Path, Violation, warning
from controller.render.resolved import ResolvedInstance, resolve
from crds.camera import Camera
from crds.dsinstance import DsInstance
from crds.key_path import key_path
from deepstream.analytics.config import AnalyticsFile
from deepstream.analytics.rules import check_analytics_file
from deepstream.app.config import AppFile
from deepstream.app.rules import check_app_file, check_size_of_muxer
from deepstream.app.source import SourceGroup
from deepstream.findings import Finding, Severity
from deepstream.preprocess.rules import check_preprocess_file

_APP: Final = ("spec", "deepstreamApp")
_ANY_PORT: Final = 9000
"""Each instance is given its own; rules do not depend on which."""
_NUMBERED: Final = re.compile("(source|sink|secondary-gie|secondary-pre-process|message-consumer|dewarper)([0-9]+)")
_LISTS: Final[Mapping[str, str]] = {
    "sink": "sinks",
    "secondary-gie": "secondary_gies",
    "secondary-pre-process": "secondary_pre_processes",
    "message-consumer": "message_consumers",
    "dewarper": "dewarpers",
}


def check_deepstream_app(instance: DsInstance, cameras: tuple[Camera, ...]) -> Iterator[Violation]:
    """What is wrong with an instance of deepstream-app, its files and its sources."""
    spec = instance.spec
    if spec.deepstream_app is None:
        return
    version, batch_size = spec.deepstream, spec.streammux.batch_size
    resolved = resolve(instance, cameras, _ANY_PORT)
    app = resolved.app_file
    if app is None:
        return
    yield from check_release(spec)
    yield from check_sources(spec, spec.deepstream_app, cameras)
    yield from check_versions(spec)
    classic = () if spec.container.env.get("USE_NEW_NVSTREAMMUX") == "yes" else check_size_of_muxer(app)
    for finding in (*check_app_file(app, version), *classic):
        # The list is made here: what is wrong with its addresses is said of the cameras.
        if (finding.group, finding.key) != ("source-list", "list"):
            yield _of_app(resolved, app, finding)
    models = models_of(resolved, app)
    yield from check_models(models, resolved, version, batch_size)
    yield from check_engine_folders(spec, models, version)
    for name, file in resolved.preprocess_configs.items():
        batches = _batches_by_id(models)
        for finding in check_preprocess_file(file, version, batch_size=batch_size, gie_batch_sizes=batches):
            yield Violation(finding.severity, _in_preprocess(resolved, name, finding), finding.message)
    yield from check_brokers(spec)
    yield from check_sinks(spec, spec.deepstream_app)
    yield from check_displays(spec, spec.deepstream_app)
    if resolved.analytics is not None:
        yield from _analytics(resolved.analytics, app)
    yield from check_named_files(resolved, spec.deepstream_app)
    if not any(sink.enable for sink in spec.deepstream_app.sinks.values()):
        message = "no sink is in use, and a pipeline needs one: a sink that takes the frames nowhere (type 1) is added"
        yield Violation(Severity.NOTE, (*_APP, "sinks"), message)


def _of_app(resolved: ResolvedInstance, app: AppFile, finding: Finding) -> Violation:
    severity = finding.severity
    timeout = resolved.instance.spec.streammux.batched_push_timeout
    if finding.key == "batched-push-timeout" and timeout is not None and timeout < 0:
        # Written on purpose, and yet one dead camera would stop all others.
        severity = Severity.ERROR
    if finding.group == "streammux":
        return Violation(
            severity, ("spec", "streammux", *_keys(resolved.instance.spec.streammux, finding)), finding.message
        )
    if finding.group == "source-list":
        return Violation(severity, (*_APP, "sourceList", *_keys(app.source_list, finding)), finding.message)
    if finding.group == "source-attr-all":
        return Violation(severity, (*_APP, "sourceAttrAll", *_keys(SourceGroup, finding)), finding.message)
    numbered = _NUMBERED.fullmatch(finding.group)
    if numbered is None:
        field = finding.group.replace("-", "_")
        alias = AppFile.model_fields[field].alias if field in AppFile.model_fields else None
        group = getattr(app, field, None)
        path = (*_APP, alias, *_keys(group, finding)) if alias is not None else _APP
        return Violation(severity, path, finding.message)
    word, number = numbered.groups()
    if word == "source":
        return _of_source(resolved, int(number), finding)
    field = _LISTS[word]
    group = getattr(app, field).get(int(number))
    alias = AppFile.model_fields[field].alias or field
    return Violation(severity, (*_APP, alias, number, *_keys(group, finding)), finding.message)


def _of_source(resolved: ResolvedInstance, number: int, finding: Finding) -> Violation:
    """A source is made of a camera, of what is said of it alone, and of what is said of all."""
    camera = next((name for name, one in resolved.source_ids.items() if one == number), None)
    app = resolved.instance.spec.deepstream_app
    if camera is None or app is None:
        return Violation(finding.severity, ("spec", "cameras"), finding.message)
    if finding.key in ("uri", "type"):
        return Violation(finding.severity, ("spec", "address"), finding.message, camera)
    keys = key_path(SourceGroup, finding.key)
    field = next((name for name, one in SourceGroup.keys().items() if one.name == finding.key), "extra_keys")
    own = app.camera_sources.get(camera)
    if own is not None and getattr(own, field):
        return Violation(finding.severity, (*_APP, "cameraSources", camera, *keys), finding.message)
    return Violation(finding.severity, (*_APP, "sourceAttrAll", *keys), finding.message)


def _keys(group: object, finding: Finding) -> tuple[str, ...]:
    return key_path(group, finding.key) if group is not None else ()  # type: ignore[arg-type]


def _batches_by_id(models: tuple[Model, ...]) -> dict[int, int | None] | None:
    """The batches by the ids of the models; None when some id is not known, since it may be the one that is meant."""
    if any(model.unique_id is None for model in models):
        return None
    return {model.unique_id: model.batch_size for model in models if model.unique_id is not None}


def _in_preprocess(resolved: ResolvedInstance, name: str, finding: Finding) -> Path:
    file = resolved.preprocess_configs[name]
    base: Path = ("spec", "preprocessConfigs", name)
    if finding.group == "property":
        return (*base, "settings", *(_keys(file.settings, finding)))
    if finding.group == "user-configs":
        return (*base, "userConfigs", *(_keys(file.user_configs, finding)))
    number = finding.group.removeprefix("group-")
    return (*base, "groups", number, *(_keys(file.groups.get(int(number)), finding)))


def _analytics(file: AnalyticsFile, app: AppFile) -> Iterator[Violation]:
    """The settings; lines and regions were checked with their cameras."""
    for finding in check_analytics_file(file):
        if finding.group == "property":
            yield Violation(finding.severity, ("spec", "analytics", *_keys(file.settings, finding)), finding.message)
    if app.nvds_analytics is not None and not app.nvds_analytics.enable:
        message = "it is switched off, so lines and regions of the cameras are not looked at; remove it"
        yield warning((*_APP, "nvdsAnalytics", "enable"), message)
    if (file.line_crossing or file.direction_detection) and not (app.tracker is not None and app.tracker.enable):
        message = (
            "lines and directions of cameras count tracked objects, and there is no tracker that is in use: nothing is "
            "ever counted; add tracker with enable: true"
        )
        yield warning((*_APP, "tracker"), message)
