"""`faceid_align_config.txt`: the app's own element nvfacealign, which cuts found faces out upright.

Source: nvdsfacealign_property_parser.cpp and gstnvfacealign.cpp of bqm1111/deepstream-retinanet. Only `[property]` is
read. The keys resemble those of nvdspreprocess, but the element is another one.
"""

from dataclasses import replace
from typing import Annotated, Final

from pydantic import Field

from deepstream import keyfile
from deepstream.findings import Finding, Severity
from deepstream.groups import KeyGroup, Natural, key, read_group, write_group
from deepstream.keyfile_values import Reader

_PROPERTY: Final = "property"
_Positive = Annotated[int, Field(ge=1)]


class FaceAlign(KeyGroup):
    """`[property]` of nvfacealign."""

    enable: bool | None = key("enable", Reader.INTEGER, "The element does not read it: faces are always aligned.")
    gpu_id: Natural | None = key("gpu-id", Reader.INTEGER, "Ordinal of the GPU inside the container. Default 0.")
    target_unique_ids: tuple[int, ...] | None = key(
        "target-unique-ids",
        Reader.INTEGER_LIST,
        "gie-unique-id of each nvinfer that takes the aligned faces. Must be there.",
    )
    # The first number is a step of a loop: 0 would never end. The others are indexed without a check.
    network_input_shape: tuple[_Positive, _Positive, _Positive, _Positive] | None = key(
        "network-input-shape",
        Reader.INTEGER_LIST,
        "Faces in a batch; channels; height; width of the tensor of aligned faces. Must be there.",
    )
    tensor_data_type: int | None = key(
        "tensor-data-type",
        Reader.INTEGER,
        "Type of the numbers in the tensor; only 0, 32-bit floats, is supported. Must be there.",
    )
    tensor_name: str | None = key(
        "tensor-name", Reader.STRING, "Name of the input layer of the model that takes the faces. Must be there."
    )
    tensor_buf_pool_size: int | None = key(
        "tensor-buf-pool-size", Reader.INTEGER, "Tensors in the pool. Default 6.", ge=1
    )
    input_object_min_width: Natural | None = key(
        "input-object-min-width", Reader.INTEGER, "Narrower faces are dropped. Pixels, default 0."
    )
    input_object_max_width: Natural | None = key(
        "input-object-max-width",
        Reader.INTEGER,
        "Wider faces are dropped. Pixels; without it all are, since the default is 0.",
    )
    input_object_min_height: Natural | None = key(
        "input-object-min-height", Reader.INTEGER, "Lower faces are dropped. Pixels, default 0."
    )
    input_object_max_height: Natural | None = key(
        "input-object-max-height",
        Reader.INTEGER,
        "Higher faces are dropped. Pixels; without it all are, since the default is 0.",
    )


def read_face_align(text: str) -> tuple[FaceAlign, tuple[Finding, ...]]:
    """Reads the file.

    Raises:
        ConfigTextError: GLib would not load the text.
    """
    document = keyfile.parse(text)
    findings = list(document.findings)
    for other in document.groups:
        if other.name != _PROPERTY:
            message = "nvfacealign does not read this group, and it is left out here"
            findings.append(Finding(Severity.WARNING, message, other.name, line=other.line, left_out=True))
    group = document.group(_PROPERTY)
    if group is None:
        findings.append(Finding(Severity.ERROR, "the group is missing; the app ends at its start", _PROPERTY))
        return FaceAlign(), tuple(findings)
    align, found = read_group(FaceAlign, _PROPERTY, group.entries)
    return align, (*findings, *(_tempered(one) for one in found))


def write_face_align(align: FaceAlign, header: str = "") -> str:
    """The text of the file.

    Raises:
        ValueError: an extra key cannot stand in a key file.
    """
    return keyfile.build([(_PROPERTY, write_group(align))], header)


def _tempered(finding: Finding) -> Finding:
    """A finding as bad as the element takes it: what it does not read it cannot refuse."""
    if finding.key != "enable" or finding.severity is not Severity.ERROR:
        return finding
    message = "this is neither 0 nor 1; nvfacealign does not read the key, and it is kept as it is"
    return replace(finding, severity=Severity.WARNING, message=message)
