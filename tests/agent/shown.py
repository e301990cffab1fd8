"""Apps that show what a test says."""

from dataclasses import dataclass, field

from crds.instance_config import InstanceConfig
from nodeagent.apps.pictures import AppPicture, NoFrameError, PictureWish
from nodeagent.apps.rest import NoAnswerError


def jpeg(camera_id: str, frame: int, size: int = 2000) -> bytes:
    """Bytes that begin as a JPEG does, others for each frame."""
    return b"\xff\xd8\xff\xe0" + f"{camera_id} {frame}\n".encode().ljust(size, b"\n")


@dataclass
class ShownPictures:
    """Fakes `nodeagent.apps.pictures.take_picture`: each picture is a new frame, unless a test says otherwise."""

    asked: list[tuple[str, str, int, int]] = field(default_factory=list)
    """Instance, camera, width and bytes of each call."""
    frames: dict[str, int] = field(default_factory=dict)
    still: set[str] = field(default_factory=set)
    """Cameras whose frame stays."""
    silent: set[str] = field(default_factory=set)
    """Instances whose app does not answer."""
    without_frame: set[str] = field(default_factory=set)
    says: str = "no frame yet"
    """Of those."""
    size: int = 2000
    age_ms: int = 40
    alert: str = "7f3c-1"
    """Of the frames that are kept."""

    wishes: list[PictureWish] = field(default_factory=list)

    async def __call__(self, config: InstanceConfig, camera_id: str, wish: PictureWish) -> AppPicture:
        width = wish.width or 1920
        self.asked.append((config.instance_name, camera_id, width, wish.max_bytes))
        self.wishes.append(wish)
        if config.instance_name in self.silent:
            raise NoAnswerError("Connection refused")
        if camera_id in self.without_frame:
            raise NoFrameError(self.says)
        frame = self.frames[camera_id] = self.frames.get(camera_id, 0) + (camera_id not in self.still)
        box = (frame % width, 2, 30, 40, 7, "person")
        return AppPicture(
            frame,
            self.age_ms,
            width,
            width * 9 // 16,
            (box,),
            jpeg(camera_id, frame, self.size),
            self.alert if wish.at else "",
        )
