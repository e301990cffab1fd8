"""The networks of the RetinaFace app, with what its code takes for granted of them."""

from collections.abc import Iterator

from controller.checks.models import class_attrs_path, of_engines, small_batch
from controller.checks.versions import check_extra_keys_of_infer
from controller.checks.violation import Path, Violation
from controller.render.engines import with_engines_of_app
from crds.dsinstance import DsInstanceSpec
from crds.key_path import key_path
from deepstream.findings import Finding
from deepstream.nvinfer.chain import check_chain
from deepstream.nvinfer.config import InferConfig
from deepstream.nvinfer.rules import check_infer_config
from deepstream.retinaface.files import FACE_ALIGN_FILE
from deepstream.retinaface.inference import DEFAULTS, INFER_FILES, InferenceChain
from deepstream.retinaface.rules import check_chain_of_app

_BASE = ("spec", "inference")
_ALIASES = {field: InferenceChain.model_fields[field].alias or field for field in DEFAULTS}
_FIELDS = {**{file: field for field, file in INFER_FILES.items()}, FACE_ALIGN_FILE: "face_align"}
_OF_OBJECTS = frozenset({"operate-on-gie-id", "num-detected-classes"})
"""What is said of a secondary that looks for objects; that of faces takes its tensors from the aligner."""


def check_retinaface(spec: DsInstanceSpec) -> Iterator[Violation]:
    """What is wrong with the networks, each by itself, together, and with the batch of the muxer."""
    yield from _batches(spec)
    if spec.ds_version is None and all(
        getattr(spec.inference, field) is default for field, default in DEFAULTS.items()
    ):
        # The app's own networks, which it was made with: nearly every instance has them.
        return
    chain = with_engines_of_app(spec.inference, spec.deepstream)
    prebuilt = spec.prebuilt_engines
    for one in check_chain_of_app(chain, spec.deepstream):
        for finding in of_engines((one,), prebuilt=one.group.partition(": ")[0] in prebuilt):
            yield _of_file(chain, finding)
    configs: list[tuple[str, InferConfig]] = [(field, getattr(chain, field)) for field in INFER_FILES]
    for finding in check_chain(configs):
        field, _, message = finding.message.partition(": ")
        yield Violation(
            finding.severity, (*_BASE, _ALIASES[field], "property", *_key(configs, field, finding)), message
        )
    for field, config in configs:
        yield from check_extra_keys_of_infer(config, (*_BASE, _ALIASES[field]))
        found = check_infer_config(config, spec.deepstream)
        for finding in of_engines(found, prebuilt=INFER_FILES[field] in prebuilt):
            if field == "face_sgie" and finding.key in _OF_OBJECTS:
                continue
            yield Violation(finding.severity, _path(field, config, finding.group, finding.key), finding.message)


def _batches(spec: DsInstanceSpec) -> Iterator[Violation]:
    streams = spec.streammux.batch_size
    for field in ("mot_pgie", "face_pgie"):
        config: InferConfig = getattr(spec.inference, field)
        yield from small_batch((*_BASE, _ALIASES[field], "property", "batchSize"), config.property.batch_size, streams)


def _of_file(chain: InferenceChain, finding: Finding) -> Violation:
    file, _, group = finding.group.partition(": ")
    field = _FIELDS[file]
    if field == "face_align":
        path: Path = (*_BASE, _ALIASES[field], *key_path(chain.face_align, finding.key))
    else:
        path = _path(field, getattr(chain, field), group, finding.key)
    return Violation(finding.severity, path, finding.message)


def _path(field: str, config: InferConfig, group: str, key: str) -> Path:
    return (*_BASE, _ALIASES[field], *class_attrs_path(config, group, key))


def _key(configs: list[tuple[str, InferConfig]], field: str, finding: Finding) -> tuple[str, ...]:
    return key_path(dict(configs)[field].property, finding.key)
