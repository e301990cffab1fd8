"""The app's chain of networks: four nvinfer and the face alignment between two of them, in five files."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SerializationInfo,
    SerializerFunctionWrapHandler,
    model_serializer,
    model_validator,
)
from pydantic.alias_generators import to_camel

from deepstream.findings import ConfigTextError, Finding, Severity
from deepstream.groups import as_tuples
from deepstream.nvinfer.config import InferConfig, read_infer_config, write_infer_config
from deepstream.nvinfer.property import InferProperty
from deepstream.retinaface.align import FaceAlign, read_face_align, write_face_align
from deepstream.retinaface.defaults import (
    APP_DEEPSTREAM,
    FACE_ALIGN,
    FACE_PGIE,
    FACE_SGIE,
    FACE_SHAPE,
    MOT_PGIE,
    MOT_SGIE,
)
from deepstream.retinaface.files import (
    FACE_ALIGN_FILE,
    FACE_PRIMARY_FILE,
    FACE_SECONDARY_FILE,
    MOT_PRIMARY_FILE,
    MOT_SECONDARY_FILE,
)
from deepstream.retinaface.overlay import by_field, difference, laid_over
from deepstream.versions import DsVersion

DEFAULTS: Final[Mapping[str, InferConfig | FaceAlign]] = {
    "mot_pgie": MOT_PGIE,
    "mot_sgie": MOT_SGIE,
    "face_pgie": FACE_PGIE,
    "face_sgie": FACE_SGIE,
    "face_align": FACE_ALIGN,
}

INFER_FILES: Final[Mapping[str, str]] = {
    "mot_pgie": MOT_PRIMARY_FILE,
    "mot_sgie": MOT_SECONDARY_FILE,
    "face_pgie": FACE_PRIMARY_FILE,
    "face_sgie": FACE_SECONDARY_FILE,
}
"""The files of the four nvinfer, by the fields of the chain."""


class InferenceChain(BaseModel):
    """The networks of the app, in the order of its pipeline.

    What is given is laid over the app's own values, key by key; a key that is given as null is taken away.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel, populate_by_name=True)

    # Factories, so that schemas do not repeat all values.
    mot_pgie: InferConfig = Field(default_factory=lambda: MOT_PGIE, description="Finds persons (mot_primary.txt).")
    mot_sgie: InferConfig = Field(
        default_factory=lambda: MOT_SGIE, description="Tells persons apart, for the tracker (mot_sgie.txt)."
    )
    face_pgie: InferConfig = Field(default_factory=lambda: FACE_PGIE, description="Finds faces (faceid_primary.txt).")
    face_align: FaceAlign = Field(
        default_factory=lambda: FACE_ALIGN,
        description="Cuts faces out upright (faceid_align_config.txt). The first number of networkInputShape follows "
        "the batch size of faceSgie unless it is given.",
    )
    face_sgie: InferConfig = Field(
        default_factory=lambda: FACE_SGIE, description="Makes features of faces (faceid_secondary.txt)."
    )

    @model_validator(mode="before")
    @classmethod
    def _laid_over_the_defaults(cls, data: Any) -> Any:
        if not isinstance(data, Mapping):
            return data
        data = as_tuples(data)
        merged: dict[str, Any] = {}
        for name, (written, value) in by_field(cls, data).items():
            known = name in DEFAULTS and isinstance(value, Mapping)
            merged[to_camel(name) if name in DEFAULTS else written] = (
                laid_over(DEFAULTS[name], value) if known else value
            )
        batch = _batch_of(merged["faceSgie"]) if "faceSgie" in merged else None
        if batch is not None and not _gives_shape(data):
            align = merged.get("faceAlign", laid_over(FACE_ALIGN, {}))
            if isinstance(align, Mapping):
                merged["faceAlign"] = {**align, "networkInputShape": (batch, *FACE_SHAPE)}
        return merged

    @model_serializer(mode="wrap")
    def _with_what_was_taken_away(
        self, handler: SerializerFunctionWrapHandler, info: SerializationInfo
    ) -> dict[str, Any]:
        """Classes that the defaults have and this chain has not, as null: else reading would bring them back.

        As it stands in manifests, it is only what differs from the defaults.
        """
        if info.exclude_unset and info.by_alias:
            return given_over_defaults(self)
        dumped: dict[str, Any] = handler(self)
        for name, default in DEFAULTS.items():
            mine = getattr(self, name)
            config = dumped.get(name, dumped.get(to_camel(name)))
            if not isinstance(default, InferConfig) or not isinstance(config, dict):
                continue
            taken = {one: None for one in default.class_attrs if one not in mine.class_attrs}
            for key in ("class_attrs", "classAttrs"):
                if taken and isinstance(config.get(key), dict):
                    config[key] = {**config[key], **taken}
        return dumped


def given_over_defaults(chain: InferenceChain) -> dict[str, Any]:
    """What a manifest says to get this chain: only what differs from the app's own values."""
    given = {to_camel(name): difference(default, getattr(chain, name)) for name, default in DEFAULTS.items()}
    given = {name: one for name, one in given.items() if one}
    if not given:
        return {}
    shape = chain.face_align.network_input_shape
    align = {name: one for name, one in given.pop("faceAlign", {}).items() if name != "networkInputShape"}
    # Left out, the shape follows the batch size of the network behind it.
    if InferenceChain.model_validate({**given, "faceAlign": align}).face_align.network_input_shape != shape:
        align["networkInputShape"] = shape and list(shape)
    return {**given, "faceAlign": align} if align else given


def chain_files(chain: InferenceChain, header: str = "") -> tuple[tuple[str, str], ...]:
    """The five files of a chain: their names and texts.

    Args:
        chain: the networks.
        header: text for a comment at the top of each.

    Raises:
        ValueError: an extra key or group cannot stand in a key file.
    """
    files = [(file, write_infer_config(getattr(chain, field), header=header)) for field, file in INFER_FILES.items()]
    return (*files, (FACE_ALIGN_FILE, write_face_align(chain.face_align, header)))


def read_chain_files(
    files: Mapping[str, str], version: DsVersion = APP_DEEPSTREAM
) -> tuple[InferenceChain, tuple[Finding, ...]]:
    """Reads the files of a chain.

    Args:
        files: texts by names; others than the five are not looked at.
        version: the DeepStream that reads them.

    Returns:
        The chain, with the app's own values for files that are missing, and what is to be said. The group of each
        finding begins with the name of the file, as in `mot_sgie.txt: property`.

    Raises:
        ConfigTextError: DeepStream would not load one of the texts; the message begins with the name of the file.
    """
    read: dict[str, InferConfig | FaceAlign] = {}
    findings: list[Finding] = []
    for field, file in (*INFER_FILES.items(), ("face_align", FACE_ALIGN_FILE)):
        text = files.get(file)
        if text is None:
            message = "the file is missing, and the app does not start without; the values of the app's own are taken"
            findings.append(Finding(Severity.WARNING, message, file))
            continue
        found: tuple[Finding, ...]
        try:
            if field == "face_align":
                read[field], found = read_face_align(text)
            else:
                read[field], found = read_infer_config(text, file, version)
        except ConfigTextError as error:
            raise ConfigTextError(error.line, f"{file}: {error.message}") from error
        findings += [in_file(file, one) for one in found]
    return InferenceChain.model_validate(read), tuple(findings)


def in_file(file: str, finding: Finding) -> Finding:
    """The finding with the name of its file before the group."""
    return replace(finding, group=f"{file}: {finding.group}" if finding.group else file)


def _gives_shape(data: Mapping[str, Any]) -> bool:
    align = data.get("faceAlign", data.get("face_align", {}))
    return isinstance(align, FaceAlign) or (
        isinstance(align, Mapping) and bool({"networkInputShape", "network_input_shape"} & set(align))
    )


def _batch_of(secondary: Any) -> int | None:
    """The batch size that is given, if it is a number; what else it is, validation tells."""
    keys = secondary.property if isinstance(secondary, InferConfig) else secondary
    if isinstance(keys, Mapping):
        keys = keys.get("property")
    batch = keys.batch_size if isinstance(keys, InferProperty) else None
    if isinstance(keys, Mapping):
        batch = keys.get("batchSize")
    try:
        number = int(batch) if batch is not None else 1
    except (TypeError, ValueError, OverflowError):
        return None
    return number if number > 0 else None
