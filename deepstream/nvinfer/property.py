"""The group `[property]` of an nvinfer file."""

from deepstream.nvinfer.enums import DEFAULT_UNIQUE_ID, ClusterMode, NetworkType, ProcessMode
from deepstream.nvinfer.input_keys import InputKeys
from deepstream.nvinfer.model_keys import ModelKeys
from deepstream.nvinfer.output_keys import OutputKeys


# The last base comes first in files: who this nvinfer is, then its model, then what is made of the outputs.
class InferProperty(OutputKeys, ModelKeys, InputKeys):
    """All keys of `[property]`. A key that is None is not written, and DeepStream's default holds."""


def unique_id(p: InferProperty) -> int:
    """The gie-unique-id that holds."""
    return DEFAULT_UNIQUE_ID if p.gie_unique_id is None else p.gie_unique_id


def network_type(p: InferProperty) -> NetworkType:
    """The network-type that holds; is-classifier counts when there is none."""
    if p.network_type is not None:
        return p.network_type
    return NetworkType.CLASSIFIER if p.is_classifier else NetworkType.DETECTOR


def cluster_mode(p: InferProperty) -> ClusterMode:
    """The cluster-mode that holds; enable-dbscan counts when there is none."""
    if p.cluster_mode is not None:
        return p.cluster_mode
    return ClusterMode.DBSCAN if p.enable_dbscan else ClusterMode.GROUP_RECTANGLES


def is_secondary(p: InferProperty) -> bool:
    """True when objects are looked at, not frames."""
    return p.process_mode is ProcessMode.SECONDARY
