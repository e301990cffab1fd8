"""The Camera kind: where one video stream comes from and what is expected of it."""

from typing import Annotated, ClassVar, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, StringConstraints, field_validator, model_validator

from crds.change import ChangeClass, changes
from crds.document import Manifest, ManifestModel, ObjectName

CameraId = Annotated[str, StringConstraints(min_length=1, max_length=128, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]


class CredentialsRef(ManifestModel):
    """Names a secret in the secrets directory of the node: a folder with the files `username` and `password`."""

    name: ObjectName = Field(description="Name of the secret.")


class CameraLimits(ManifestModel):
    """When a camera counts as not delivering. The agent judges by them; the app is not told."""

    not_reachable_after_seconds: float = changes(
        ChangeClass.NONE,
        10.0,
        gt=0,
        le=3600,
        description="Seconds without a processed frame until the camera is not Ready.",
    )
    minimum_fps: float = changes(
        ChangeClass.NONE,
        0.0,
        ge=0,
        le=240,
        description="Frames per second below which the camera is not Ready; 0 for none.",
    )


class CameraSpec(ManifestModel):
    """One video stream."""

    camera_id: CameraId | None = changes(
        ChangeClass.HOT,
        None,
        description="Id of the camera in the app, its messages and their keys. Default: the name of the object.",
    )
    address: str = changes(
        ChangeClass.HOT,
        min_length=1,
        max_length=2048,
        description="rtsp://host[:port]/path, or file:///path of a clip on the node. Never with a password: see credentialsRef.",
    )
    credentials_ref: CredentialsRef | None = changes(
        ChangeClass.HOT, None, description="The secret that holds the user name and password of the camera."
    )
    encode_type: Literal["h264", "h265"] = changes(ChangeClass.HOT, "h264", description="Codec of the stream.")
    type: Literal["rtsp", "file"] = changes(ChangeClass.HOT, "rtsp", description="Kind of the source.")
    width: int | None = changes(ChangeClass.NONE, None, ge=16, le=16384, description="Width of the picture in pixels.")
    height: int | None = changes(
        ChangeClass.NONE, None, ge=16, le=16384, description="Height of the picture in pixels."
    )
    exclusive: bool = changes(
        ChangeClass.NONE,
        False,
        description="True when at most one instance may read this camera (it allows one session).",
    )
    limits: CameraLimits = Field(default_factory=CameraLimits, description="When the camera counts as not delivering.")

    @field_validator("address")
    @classmethod
    def _address_is_safe(cls, address: str) -> str:
        if any(ord(character) <= 0x20 or ord(character) == 0x7F for character in address):
            raise ValueError("the address holds a blank or a control character: write it as %20 and so on")
        if "," in address or ";" in address:
            raise ValueError("the address holds ',' or ';', which DeepStream's lists split at: write %2C or %3B")
        return address

    @model_validator(mode="after")
    def _address_fits_type(self) -> Self:
        try:
            parts = urlsplit(self.address)
            port_is_readable = parts.port is None or parts.port > 0
        except ValueError:
            # Neither the address nor the words of urllib: both may hold a password that somebody wrote there.
            raise ValueError("the address cannot be read as a URL: check its host and port") from None
        if "@" in parts.netloc:
            raise ValueError(
                "the address holds a user name or password: put them into a secret and name it in credentialsRef"
            )
        if self.type == "rtsp" and (
            parts.scheme not in ("rtsp", "rtsps") or not parts.hostname or not port_is_readable
        ):
            raise ValueError("a camera of type rtsp needs an address such as rtsp://host:554/path")
        if self.type == "file" and (parts.scheme != "file" or parts.netloc or not parts.path.startswith("/")):
            raise ValueError("a camera of type file needs an address such as file:///clips/a.mp4")
        if self.type == "file" and self.credentials_ref:
            raise ValueError("a camera of type file has no use for credentialsRef")
        return self


class Camera(Manifest):
    """A camera of the fleet."""

    plural: ClassVar[str] = "cameras"
    short_name: ClassVar[str] = "cam"

    kind: Literal["Camera"]
    spec: CameraSpec

    @property
    def camera_id(self) -> str:
        """Id of the camera in the app and its messages."""
        return self.spec.camera_id or self.name
