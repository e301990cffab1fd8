"""The programs inside the containers. Apart from the kind that configures them, so that who only names one loads no more."""

from enum import StrEnum

from crds.change import APPLIED_BY_AGENTS, ChangeClass
from crds.container import StopSignal

_WITHOUT_REST = frozenset({ChangeClass.NONE, ChangeClass.RESTART, ChangeClass.RECREATE})


class AppKind(StrEnum):
    """The program inside the container: it decides which files are rendered and how changes are applied."""

    RETINAFACE = "retinaface"
    """The RetinaFace + MOT app: no REST interface, every change of a camera restarts it."""
    REFERENCE = "reference"
    """The reference workload of this project: the same files, on a CPU. It takes cameras through DeepStream's REST
    paths, and reads its analytics and the limits of its cameras again on request."""
    DEEPSTREAM_APP = "deepstream-app"
    """NVIDIA's reference app; cameras can be added and removed through its REST interface, its analytics file is read
    again on request."""

    @property
    def has_metrics(self) -> bool:
        """True when the app answers DeepStream's `/api/v1/metrics`, which proves frames per camera.

        For deepstream-app that comes with its REST interface, at DeepStream 9.0.
        """
        return self is AppKind.REFERENCE

    @property
    def has_pictures(self) -> bool:
        """True when the app gives the newest frame of a camera as a picture. DeepStream's own REST interface has no such call."""
        return self is AppKind.REFERENCE

    @property
    def why_no_pictures(self) -> str:
        """What people read in the place of a picture of an app that has none: a sentence."""
        return "" if self.has_pictures else f"an app of kind {self} has no source of pictures"

    @property
    def takes(self) -> frozenset[ChangeClass]:
        """The classes of changes that the app itself can take, whether or not agents apply them yet."""
        match self:
            case AppKind.RETINAFACE:
                return _WITHOUT_REST | {ChangeClass.REBUILD_ENGINE}
            case AppKind.REFERENCE:
                return _WITHOUT_REST | {ChangeClass.HOT, ChangeClass.RELOAD}
            case AppKind.DEEPSTREAM_APP:
                return frozenset(ChangeClass)

    @property
    def stop_signal(self) -> StopSignal:
        """The signal on which the app leaves in good order.

        deepstream-app handles SIGINT only; as process 1 of a container it would ignore SIGTERM until it is killed.
        """
        return "SIGINT" if self is AppKind.DEEPSTREAM_APP else "SIGTERM"

    def effective(self, declared: ChangeClass) -> ChangeClass:
        """How a change of the class that a field declares reaches this app.

        Returns:
            The cheapest class, not below the declared one, that the app takes and agents apply; where there is none,
            the dearest of them: an app that builds no engine is replaced by one that builds none either.
        """
        possible = [one for one in ChangeClass if one in self.takes and one in APPLIED_BY_AGENTS]
        return next((one for one in possible if one.rank >= declared.rank), possible[-1])
