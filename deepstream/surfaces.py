"""The numbers of NvBufSurface and NvBufSurfTransform, which several files of DeepStream name."""

from enum import IntEnum


class MemoryType(IntEnum):
    """Where pictures lie (NvBufSurfaceMemType)."""

    DEFAULT = 0
    CUDA_PINNED = 1
    CUDA_DEVICE = 2
    CUDA_UNIFIED = 3
    SURFACE_ARRAY = 4
    """Jetson only."""


class ComputeHardware(IntEnum):
    """What scales pictures (NvBufSurfTransform_Compute): 0 = the platform's default, 1 = GPU, 2 = VIC (Jetson only)."""

    DEFAULT = 0
    """The GPU; on Jetson the VIC."""
    GPU = 1
    VIC = 2


class ScalingFilter(IntEnum):
    """How pictures are scaled (`NvBufSurfTransformInter_*`): on a GPU 0 = nearest, 1 = bilinear, 2 = cubic, 3 = super,
    4 = Lanczos; on a VIC 2 = 5-tap, 3 = 10-tap, 4 = smart, 5 = nicest; 6 = default.
    """  # noqa: D205 - one sentence

    NEAREST = 0
    BILINEAR = 1
    ALGO1 = 2
    ALGO2 = 3
    ALGO3 = 4
    ALGO4 = 5
    DEFAULT = 6
