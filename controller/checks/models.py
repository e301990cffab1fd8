"""nvinfer behind the gie groups of deepstream-app: each model with what its group puts in the place of its file's keys."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from controller.checks.violation import Path, Violation, error, warning
from controller.render.engines import PRIMARY_GIE, batch_of_gie, gpu_of_gie
from controller.render.resolved import ResolvedInstance
from crds.key_path import key_path
from deepstream.app.config import AppFile
from deepstream.app.inference import GieGroup, GiePlugin
from deepstream.findings import Finding, Severity
from deepstream.nvinfer.chain import check_chain
from deepstream.nvinfer.config import CLASS_ATTRS_PREFIX, PROPERTY_GROUP, InferConfig
from deepstream.nvinfer.engine import has_custom_builder
from deepstream.nvinfer.enums import ProcessMode
from deepstream.nvinfer.property import InferProperty, unique_id
from deepstream.nvinfer.rules import check_infer_config
from deepstream.versions import DsVersion

_APP: Final = ("spec", "deepstreamApp")
_REPLACED: Final = (
    "gie_unique_id",
    "batch_size",
    "gpu_id",
    "interval",
    "model_engine_file",
    "labelfile_path",
    "operate_on_gie_id",
    "operate_on_class_ids",
)
"""What deepstream-app sets on nvinfer when its group has the key."""

_OF_PREBUILT: Final = "; or, if it was built beforehand, name this nvinfer file in spec.prebuiltEngines"
_OF_CACHE: Final = "; or give spec.engineCache, whose folder is the working directory then, and the name is filled in"


@dataclass(frozen=True)
class Model:
    """A gie group that is in use."""

    name: str
    """As the file has it, such as `secondary-gie0`."""
    path: Path
    group: GieGroup
    file: str | None
    """The name of its nvinfer file among inferConfigs; None when that file is not ours."""
    config: InferConfig | None
    """What holds in the end; None when the file is not ours."""
    replaced: frozenset[str]
    """The fields of nvinfer's properties that come from the group."""

    @property
    def unique_id(self) -> int | None:
        """The id that holds; None when it is not known."""
        return self.group.gie_unique_id if self.config is None else unique_id(self.config.property)

    @property
    def batch_size(self) -> int | None:
        """The batch that holds; None when it is not known."""
        return self.group.batch_size if self.config is None else self.config.property.batch_size


def models_of(resolved: ResolvedInstance, app: AppFile) -> tuple[Model, ...]:
    """The models that are in use, in the order of the pipeline."""
    groups: dict[str, tuple[Path, GieGroup]] = {}
    if app.primary_gie is not None:
        groups[PRIMARY_GIE] = ((*_APP, "primaryGie"), app.primary_gie)
    for number, group in app.secondary_gies.items():
        groups[f"secondary-gie{number}"] = ((*_APP, "secondaryGies", str(number)), group)
    return tuple(_model(app, resolved, name, *group) for name, group in groups.items() if group[1].enable)


def _model(app: AppFile, resolved: ResolvedInstance, name: str, path: Path, group: GieGroup) -> Model:
    config = resolved.infer_configs.get(group.config_file or "")
    if config is None or group.plugin_type not in (None, GiePlugin.NVINFER):
        return Model(name, path, group, None, None, frozenset())
    values = {field: getattr(group, field) for field in _REPLACED if getattr(group, field) is not None}
    given = {"batch_size": batch_of_gie(app, name, group), "gpu_id": gpu_of_gie(app, group)}
    values |= {field: value for field, value in given.items() if value is not None}
    mode = ProcessMode.PRIMARY if name == PRIMARY_GIE else ProcessMode.SECONDARY
    effective = config.property.model_copy(update={**values, "process_mode": mode})
    return Model(
        name, path, group, group.config_file, config.model_copy(update={"property": effective}), frozenset(values)
    )


def of_engines(findings: Iterable[Finding], *, prebuilt: bool, with_cache: bool = False) -> Iterator[Finding]:
    """The findings about a model, without those about the name of its engine when that was built beforehand."""
    for finding in findings:
        if finding.key != "model-engine-file":
            yield finding
        elif not prebuilt:
            remedy = _OF_PREBUILT if finding.severity is Severity.ERROR else _OF_CACHE if with_cache else ""
            yield replace(finding, message=f"{finding.message}{remedy}")


def check_models(
    models: Sequence[Model], resolved: ResolvedInstance, version: DsVersion, batch_size: int | None
) -> Iterator[Violation]:
    """What is wrong with the models, each by itself, and all together."""
    prebuilt = resolved.instance.spec.prebuilt_engines
    for model in models:
        found = check_infer_config(model.config, version) if model.config is not None else ()
        cacheable = model.config is not None and has_custom_builder(model.config.property)
        for finding in of_engines(found, prebuilt=model.file in prebuilt, with_cache=cacheable):
            yield Violation(finding.severity, _path(model, finding), finding.message)
    yield from _chain(models)
    yield from _left_out(models)
    for model in models[:1]:
        if model.name == PRIMARY_GIE and model.config is not None:
            yield from small_batch(property_path(model, "batch-size"), model.config.property.batch_size, batch_size)
    for index, name in enumerate(prebuilt):
        if name not in resolved.infer_configs:
            yield warning(("spec", "prebuiltEngines", index), f"inferConfigs has no {name!r}, so this does nothing")
    used = {model.file for model in models}
    for name, config in resolved.infer_configs.items():
        if name not in used:
            yield from _unused(name, config, version)


def _unused(name: str, config: InferConfig, version: DsVersion) -> Iterator[Violation]:
    message = "no gie group that is in use names this file as its configFile, so nothing reads it"
    yield warning(("spec", "inferConfigs", name), message)
    for finding in check_infer_config(config, version):
        path = ("spec", "inferConfigs", name, *class_attrs_path(config, finding.group, finding.key))
        severity = Severity.WARNING if finding.severity is Severity.ERROR else finding.severity
        yield Violation(severity, path, finding.message)


def small_batch(path: Path, batch_size: int | None, streams: int | None) -> Iterator[Violation]:
    """A primary network that cannot take a batch of the muxer at a time."""
    if streams is not None and (batch_size or 1) < streams:
        message = (
            f"{batch_size or 1} is less than the batch of the muxer, {streams}: each batch of frames is inferred in "
            f"several turns, which costs throughput; give {streams}"
        )
        yield warning(path, message)


def class_attrs_path(config: InferConfig, group: str, key: str) -> Path:
    """The path of a key of an nvinfer file below its configuration."""
    if group == PROPERTY_GROUP:
        return ("property", *key_path(config.property, key))
    number = group.removeprefix(CLASS_ATTRS_PREFIX)
    attrs = config.class_attrs.get(number)
    return ("classAttrs", number, *(key_path(attrs, key) if attrs is not None else ()))


def _path(model: Model, finding: Finding) -> Path:
    config = model.config
    if config is None or finding.group == PROPERTY_GROUP:
        return property_path(model, finding.key)
    return ("spec", "inferConfigs", str(model.file), *class_attrs_path(config, finding.group, finding.key))


def property_path(model: Model, key: str) -> Path:
    """Where the value that holds stands: in the group, or in the file."""
    field = next((name for name, declared in InferProperty.keys().items() if declared.name == key), None)
    if model.file is None or field in model.replaced:
        return (*model.path, *key_path(model.group, key))
    return ("spec", "inferConfigs", model.file, "property", *key_path(InferProperty, key))


def _chain(models: Sequence[Model]) -> Iterator[Violation]:
    known: list[tuple[str, InferConfig]] = []
    for model in models:
        config = model.config
        if config is None and model.group.gie_unique_id is not None:
            primary = model.name == PRIMARY_GIE
            config = InferConfig(
                property=InferProperty(
                    gie_unique_id=model.group.gie_unique_id,
                    operate_on_gie_id=model.group.operate_on_gie_id,
                    process_mode=ProcessMode.PRIMARY if primary else ProcessMode.SECONDARY,
                )
            )
        if config is not None:
            known.append((model.name, config))
    all_known = len(known) == len(models)
    by_name = {model.name: model for model in models}
    for finding in check_chain(known):
        name, _, message = finding.message.partition(": ")
        path = property_path(by_name[name], finding.key)
        if finding.severity is Severity.ERROR:
            yield error(path, message)
        elif all_known:
            # Nothing but these groups makes objects in deepstream-app.
            yield error(path, f"{message}; without, this model never sees an object")


def _left_out(models: Sequence[Model]) -> Iterator[Violation]:
    """deepstream-app makes a secondary only when its group leads to the primary, over the ids in its own file."""
    primary = next((model for model in models if model.name == PRIMARY_GIE), None)
    if primary is None:
        return
    reached = {primary.group.gie_unique_id or 0}
    waiting = [model for model in models if model is not primary]
    while found := [model for model in waiting if model.group.operate_on_gie_id in reached]:
        reached |= {model.group.gie_unique_id or 0 for model in found}
        waiting = [model for model in waiting if model not in found]
    for model in waiting:
        ids = ", ".join(map(str, sorted(reached)))
        message = (
            "deepstream-app leaves a secondary model out, without a word, unless operateOnGieId of its group is the "
            f"gieUniqueId of the group of the primary or of a secondary that leads there (here {ids}); what stands in the "
            "nvinfer files does not count for that"
        )
        yield warning((*model.path, "operateOnGieId"), message)
