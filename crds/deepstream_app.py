"""What a DsInstance says to NVIDIA's reference app, deepstream-app: its groups, and how its cameras become sources."""

from typing import Annotated, Final, Literal

from pydantic import Field, StringConstraints

from crds.document import ObjectName
from deepstream.app.config import AppGroups
from deepstream.app.source import SourceGroup
from deepstream.app.source_list import SourceListGroup
from deepstream.app.streammux import StreammuxGroup
from deepstream.groups import key
from deepstream.keyfile_values import Reader
from deepstream.surfaces import MemoryType

MOST_SOURCES: Final = 1024
"""deepstream-app takes no more sources."""

FileName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$")]
"""A file in the configuration folder of an instance, which has no folders in it."""


class StreammuxSettings(StreammuxGroup):
    """How the streams of the cameras are batched; the defaults are those of the RetinaFace app.

    That app knows the first five; the others are deepstream-app's. A key that is given as null is left to the app.
    """

    width: int | None = key(
        "width", Reader.INTEGER, default=3840, ge=16, le=16384, description="Width of the batched picture in pixels."
    )
    height: int | None = key(
        "height", Reader.INTEGER, default=2160, ge=16, le=16384, description="Height of the batched picture in pixels."
    )
    batch_size: int | None = key(
        "batch-size",
        Reader.INTEGER,
        default=24,
        ge=1,
        le=1024,
        description="Most cameras of the instance; fixed, whatever their number.",
    )
    buffer_pool: int | None = key(
        "buffer-pool-size", Reader.INTEGER, default=40, ge=1, le=1024, description="Buffers in the pool of the muxer."
    )
    nvbuf_memory_type: MemoryType | None = key(
        "nvbuf-memory-type",
        Reader.INTEGER,
        default=MemoryType.CUDA_UNIFIED,
        description="0 default, 1 pinned, 2 device, 3 unified, 4 surface array.",
    )

    @property
    def most_cameras(self) -> int:
        """How many cameras fit: the batch size, which is fixed whatever the number of cameras."""
        return self.batch_size or MOST_SOURCES


class DeepstreamApp(AppGroups):
    """The groups of deepstream-app's file. Its sources are made of the cameras of the instance."""

    streams: Literal["rest", "static"] = Field(
        default="rest",
        description="rest: one nvmultiurisrcbin with its REST interface on the loopback (a changed camera restarts the app for "
        "now); static: a [sourceN] group for each camera.",
    )
    source_ids: Literal["slot", "position"] | None = Field(
        default=None,
        description="How cameras get their index in the app. slot: it stands in the sensor id (s003-lobby) and stays; "
        "needs streams rest and DeepStream 9.1 or later. position: in the list of sources, at the start. Default: slot where "
        "that is possible.",
    )
    source_list: SourceListGroup | None = Field(
        default=None, description="[source-list] without its lists, which are made of the cameras."
    )
    source_attr_all: SourceGroup | None = Field(default=None, description="What holds for all sources.")
    camera_sources: dict[ObjectName, SourceGroup] = Field(
        default_factory=dict,
        description="What differs for single cameras, by the names of their objects; with streams static only.",
    )
