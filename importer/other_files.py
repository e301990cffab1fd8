"""Files beside those that can be imported, told by their texts: people try them, too, and hear which one is meant."""

import re
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from typing import Final

from deepstream.config_text import ConfigText

_PREPROCESS_KEYS: Final = (
    "network-input-shape",
    "tensor-data-type",
    "processing-width",
    "custom-tensor-preparation-function",
)
_MUXER_KEYS: Final = (
    "algorithm-type",
    "adaptive-batching",
    "max-fps-control",
    "overall-max-fps-n",
    "overall-min-fps-n",
    "max-same-source-frames",
)
_BY_GROUPS: Final = (
    (re.compile(r"message-broker"), "a file of a message broker's adaptor"),
    (re.compile(r"(sensor|place|analytics)[0-9]+"), "a file of the message converter"),
    (re.compile(r"tracker"), "a file of nvtracker"),
    (
        re.compile(r"net|network|convolutional|maxpool|upsample|route|shortcut|yolo|region|dropout|connected|softmax"),
        "a Darknet network (cfg)",
    ),
)
_TRACKER_GROUPS: Final = frozenset(
    {
        "BaseConfig",
        "NvDCF",
        "TargetManagement",
        "TrajectoryManagement",
        "DataAssociator",
        "StateEstimator",
        "VisualTracker",
    }
)
"""Of the low-level YAML of libnvds_nvmultiobjecttracker.so, and of libnvds_nvdcf.so before; no other file has one of these."""
_PROGRAMS: Final = (
    (frozenset({"metadata", "spec"}), "a manifest, of this fleet or of Kubernetes"),
    (frozenset({"cameras"}), "a file of Frigate, a program of its own"),
    (frozenset({"paths"}), "a file of MediaMTX, a program of its own"),
    (frozenset({"services"}), "a file of Docker Compose, a program of its own"),
)
"""By groups that all of them have."""
_SURFACE: Final = re.compile(r"surface[0-9]+")
_CSV_HEAD: Final = re.compile(r"(?:[ \t]*(?:#[^\n]*)?\n)*[ \t]*[a-z0-9-]+(?:,[A-Za-z0-9-]+)+[ \t\r]*(?:\n|\Z)")
_CSV_KEYS: Final = ("enable", "type", "uri")
_BY_TEXT: Final = (
    (re.compile(r"^[ \t]*(?:layers?|input_dim|input_shape)[ \t]*[:{]", re.MULTILINE), "a Caffe network (prototxt)"),
    (
        re.compile(
            r"^[ \t]*(?:max_batch_size|platform|backend|instance_group|model_transaction_policy)[ \t]*[:\[{]",
            re.MULTILINE,
        ),
        "the configuration of a model in Triton's repository (config.pbtxt)",
    ),
    (re.compile(r"\ATRT-[0-9]+-"), "a calibration table of TensorRT"),
)


def is_triton_text(text: str) -> bool:
    """True for a file of nvinferserver, which is a protobuf message as text, whatever its name ends with."""
    return re.search(r"^[ \t]*infer_config[ \t]*:?[ \t]*\{", text, re.MULTILINE) is not None


def kind_by_text(path: str, text: str) -> str:
    """What a file is that has no groups; empty where nothing tells."""
    head = _CSV_HEAD.match(text)
    if head is not None and any(key in head[0].strip().split("\n")[-1].strip().split(",") for key in _CSV_KEYS):
        return "a csv file of sources"
    if path.endswith(".csv"):
        return "" if "," not in text else "a csv file of sources"
    return next((what for pattern, what in _BY_TEXT if pattern.search(text)), "")


def kind_by_groups(config: ConfigText) -> str:
    """What a file of groups is, when it is none that can be imported; empty where nothing tells."""
    names = [group.name for group in config.groups]
    if not _TRACKER_GROUPS.isdisjoint(names):
        return "a low-level file of nvtracker (ll-config-file)"
    return next((what for pattern, what in _BY_GROUPS if names and all(pattern.fullmatch(name) for name in names)), "")


def program_by_groups(config: ConfigText) -> str:
    """What a file is of which deepstream-app has no use, such as that of another program; empty where nothing tells."""
    names = {group.name for group in config.groups}
    if names & {"rest-server", "server-app-ctx", "multiurisrcbin"}:
        return "a file of deepstream-server, a program of its own"
    for tell, program in _PROGRAMS:
        if config.yaml and tell <= names:
            return program
    if config.yaml and "source-list" in names and names & {"output", "model-params", "video-template"}:
        return "a file of an app of NVIDIA's TAO repository, a program of its own"
    return ""


def kind_by_keys(keys: AbstractSet[str], groups: Sequence[str]) -> str:
    """Which other element than nvinfer a file with the group [property] is for; empty where nothing tells."""
    if not keys.isdisjoint(_PREPROCESS_KEYS):
        return "a file of nvdspreprocess or of face alignment"
    if "active-pad" in keys:
        return "a file of nvdsmetamux"
    if not keys.isdisjoint(_MUXER_KEYS):
        return "a file of nvstreammux"
    return "a file of nvdewarper" if any(_SURFACE.fullmatch(name) for name in groups) else ""
