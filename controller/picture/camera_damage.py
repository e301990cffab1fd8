"""Whether what a camera sends is damaged, by the word of the apps that watch it: the condition Degraded."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final, NamedTuple

from controller.picture.conditions import Document, condition, false, true
from controller.picture.look import Look, Sighting
from crds.camera import Camera
from crds.camera_status import CameraStatus

DEGRADED: Final = "Degraded"
"""The condition of a camera that is True when something is wrong: its frames are processed, and nobody may be able to use them."""

_WRONG_RESOLUTION: Final = "WrongResolution"


class _Damage(NamedTuple):
    """What one instance says."""

    reason: str
    message: str
    since: datetime | None


def degraded_condition(
    camera: Camera, watched: Sequence[tuple[CameraStatus, Sighting]], look: Look, previous: Document | None
) -> list[Document]:
    """The condition, in a list; an empty list where no app can say.

    One instance that says so is enough, and is named where others watch the camera, too.

    Args:
        camera: its manifest.
        watched: what the instances that watch it say of it.
        look: what is known.
        previous: the document of the camera as it is shown until now.
    """
    known = [(said, one) for said, one in watched if not one.silence and one.up_to_date]
    damages = [(found, one.config.name) for said, one in known for found in _damages(camera, said)]
    if damages:
        (damage, name), *_ = damages
        message = f"{name}: {damage.message}" if len(watched) > 1 else damage.message
        verdict, since = true(damage.reason, message), damage.since
    elif any(said.sound for said, _ in known):
        verdict, since = false("Sound"), None
    else:
        return []
    return [condition(DEGRADED, verdict, previous=previous, now=look.now, since=since)]


def _damages(camera: Camera, said: CameraStatus) -> Iterator[_Damage]:
    """What is damaged by the word of one instance. What the app says comes first: it has seen the picture."""
    if said.degraded is not None:
        yield _Damage(said.degraded.reason, said.degraded.message, said.degraded.since)
    width, height = camera.spec.width, camera.spec.height
    if said.width and said.height and (width, height) not in ((None, None), (said.width, said.height)):
        wanted = f"{width or said.width}x{height or said.height}"
        if wanted != f"{said.width}x{said.height}":
            message = f"the picture is {said.width}x{said.height}, and spec.width and spec.height say {wanted}"
            yield _Damage(_WRONG_RESOLUTION, message, None)
