"""When a camera counts as not delivering. Apart from the kind, so that who only judges by it loads no more."""

from crds.change import ChangeClass, changes
from crds.document import ManifestModel


class CameraLimits(ManifestModel):
    """When a camera counts as not delivering. The agent judges by them; of the apps only the reference workload is told."""

    not_reachable_after_seconds: float = changes(
        ChangeClass.RELOAD,
        10.0,
        gt=0,
        le=3600,
        description="Seconds without a processed frame until the camera is not Ready.",
    )
    minimum_fps: float = changes(
        ChangeClass.RELOAD,
        0.0,
        ge=0,
        le=240,
        description="Frames per second below which the camera is not Ready; 0 for none.",
    )
    alive_interval_seconds: float = changes(
        ChangeClass.RELOAD,
        30.0,
        ge=0.1,
        le=86400,
        description="How often the reference workload says again, to its topic of camera states, that the camera is alive.",
    )
