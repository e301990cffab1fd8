"""The Camera kind: where one video stream comes from and what is expected of it."""

import re
from collections.abc import Iterator
from sys import intern
from typing import Annotated, Any, ClassVar, Final, Literal, Self
from urllib.parse import SplitResult, unquote, urlsplit

from pydantic import (
    Field,
    SerializerFunctionWrapHandler,
    StringConstraints,
    field_validator,
    model_serializer,
    model_validator,
)

from crds.camera_alerts import AlertRules, alert_faults
from crds.camera_analytics import Path, shape_findings, unit_findings
from crds.camera_device import DEVICE_TYPES, CaptureMode, device_number
from crds.camera_limits import CameraLimits
from crds.camera_source import SCHEMES, WITH_LOGIN, CameraType, EncodeType, fault_of_stream
from crds.change import ChangeClass, changes
from crds.document import Manifest, ManifestModel, ObjectName, shared
from crds.refusal import refusal
from crds.secret_forms import secrets_in
from deepstream.analytics.geometry import StreamGroup, needs_frame
from deepstream.analytics.groups import DirectionDetection, LineCrossing, Overcrowding, RoiFiltering
from deepstream.findings import Finding, Severity
from deepstream.msgconv import AnalyticsModuleGroup, PlaceGroup, SensorGroup

CameraId = Annotated[str, StringConstraints(min_length=1, max_length=128, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]

_BLANK_OR_CONTROL: Final = re.compile(r"[\x00-\x20\x7f]")
_PLAIN_RTSP: Final = re.compile(r"rtsp[stu]?://[A-Za-z0-9][A-Za-z0-9.-]*(?::[1-9][0-9]{0,3})?(?:/[A-Za-z0-9._/-]*)?")
"""An address that nearly all cameras have one of: there is nothing to say against it, and to take it apart takes long."""
_HOW_LOGIN: Final = (
    "the address holds a password: put user name and password into a secret and name it in credentialsRef"
)


def _other_type(address: str) -> str:
    """What to write for an address of another type; empty where nothing tells."""
    if address.startswith("file:"):
        fits = re.match(r"file:(/(?!/)|//\.{0,2}/)", address)
        return "; for a file write type: file" + ("" if fits else " and an address such as file:///clips/a.mp4")
    found = re.fullmatch(r"(?P<device>(?P<type>usb|csi):[0-9]{1,3})|/dev/video(?P<number>[0-9]{1,3})", address)
    if found is None:
        return ""
    device, kind = found["device"] or f"usb:{found['number']}", found["type"] or "usb"
    if device_number(device, kind) is None:
        return ""
    return f"; for a camera of the machine write address: {device} and type: {kind}"


class CredentialsRef(ManifestModel):
    """Names a secret in the secrets directory of the node: a folder with the files `username` and `password`."""

    name: ObjectName = Field(description="Name of the secret.")
    without_password: bool = Field(
        default=False,
        description="True for a user without a password (rtsp://user@host): of the secret only `username` is read. One "
        "whose password is empty (rtsp://user:@host) has an empty file `password` instead.",
    )

    @model_serializer(mode="wrap")
    def _without_its_default(self, write: SerializerFunctionWrapHandler) -> Any:
        """It says no more than before the field was there, so that nothing gets another digest by it."""
        written = write(self)
        return written if self.without_password else {"name": written["name"]}


class FrameSize(ManifestModel):
    """The picture that points are drawn in."""

    width: int = Field(ge=16, le=16384, description="Width in pixels.")
    height: int = Field(ge=16, le=16384, description="Height in pixels.")


ANY_FRAME: Final = FrameSize(width=1920, height=1080)
"""The picture of shapes in fractions where nothing else names one: DeepStream stretches it to the frames that come."""


class CameraAnalytics(ManifestModel):
    """Lines and regions of one camera, as nvdsanalytics counts by them.

    Points are whole pixels of the frame. A shape with a decimal point in any of its numbers is in fractions of the
    picture, from 0.0 to 1.0, and needs no frame.
    """

    frame: FrameSize | None = Field(
        default=None,
        description="The picture that points in pixels are drawn in. Default: the width and height of the camera. Not "
        "needed for points that are fractions of the picture, such as [0.5, 0.25].",
    )
    line_crossing: LineCrossing | None = Field(default=None, description="Lines that objects are counted at.")
    roi_filtering: RoiFiltering | None = Field(default=None, description="Regions that objects are looked for in.")
    overcrowding: Overcrowding | None = Field(default=None, description="Regions that may hold so many objects.")
    direction_detection: DirectionDetection | None = Field(
        default=None, description="Directions that moving objects are told by."
    )

    @property
    def groups(self) -> dict[str, StreamGroup]:
        """The groups that are given, by the names of their fields."""
        of_any_kind: dict[str, StreamGroup | None] = {
            "line_crossing": self.line_crossing,
            "roi_filtering": self.roi_filtering,
            "overcrowding": self.overcrowding,
            "direction_detection": self.direction_detection,
        }
        return {name: group for name, group in of_any_kind.items() if group is not None}


class CameraMessages(ManifestModel):
    """What messages of the message converter (nvmsgconv) say of this camera besides what was seen."""

    sensor: SensorGroup | None = Field(
        default=None, description="The camera as a sensor. Its id is the id of the camera unless it is given here."
    )
    place: PlaceGroup | None = Field(default=None, description="The place that it looks at.")
    analytics_module: AnalyticsModuleGroup | None = Field(default=None, description="Who made the analytics.")


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
        description="rtsp://host[:port]/path (rtspt:// over TCP alone, rtspu:// over UDP alone, rtsps:// within TLS), http:// or https:// for MJPEG and HLS, rtmp://, srt://, or file:///path of a clip as the app sees it (file://./path: beside its configuration files), usb:<n> for /dev/video<n>, csi:<n> for a sensor of a Jetson board. Never with a password: see credentialsRef. A user without one may stand there: rtsp://user@host, rtsp://user:@host.",
    )
    credentials_ref: CredentialsRef | None = changes(
        ChangeClass.HOT, None, description="The secret that holds the user name and password of the camera."
    )
    encode_type: EncodeType = changes(ChangeClass.HOT, "h264", description="Codec of the stream.")
    type: CameraType = changes(
        ChangeClass.HOT,
        "rtsp",
        description="Kind of the source: what the address is opened with. Not every app reads every type. usb and csi are cameras of the very machine that reads them: the instance runs there, "
        "no other one reads them, and of the apps deepstream-app alone can, with streams: static; csi is for Jetson boards.",
    )
    capture: CaptureMode | None = changes(
        ChangeClass.RESTART, None, description="Types usb and csi: the picture that is asked of the camera."
    )
    width: int | None = changes(ChangeClass.NONE, None, ge=16, le=16384, description="Width of the picture in pixels.")
    height: int | None = changes(
        ChangeClass.NONE, None, ge=16, le=16384, description="Height of the picture in pixels."
    )
    visual: bool = changes(
        ChangeClass.RESTART, True, description="True when pictures of it go to the visual topic of the RetinaFace app."
    )
    frame_delay_seconds: float = changes(
        ChangeClass.RESTART,
        0.0,
        ge=0,
        le=86400,
        description="The reference workload analyses pictures of it so many seconds apart; 0 for all of them. Other apps are "
        "not told.",
    )
    exclusive: bool = changes(
        ChangeClass.NONE,
        False,
        description="True when at most one instance may read this camera (it allows one session). Of usb and csi that holds "
        "anyway.",
    )
    analytics: CameraAnalytics | None = changes(
        ChangeClass.RELOAD, None, description="Lines and regions. The counts of the instance begin anew with a change."
    )
    alerts: AlertRules | None = changes(
        ChangeClass.RELOAD,
        None,
        description="Rules for alerts, by name. The reference workload goes by them; other apps are not told.",
    )
    messages: CameraMessages | None = changes(
        ChangeClass.RESTART, None, description="What messages say of the camera besides what was seen."
    )
    limits: CameraLimits = Field(
        default_factory=shared(CameraLimits), description="When the camera counts as not delivering."
    )

    @property
    def frame(self) -> FrameSize | None:
        """The picture that the points of its analytics are drawn in."""
        if self.analytics is not None and self.analytics.frame is not None:
            return self.analytics.frame
        if self.width is None or self.height is None:
            of_device = self.capture
            return None if of_device is None else FrameSize(width=of_device.width, height=of_device.height)
        return FrameSize(width=self.width, height=self.height)

    @property
    def has_one_reader(self) -> bool:
        """True when at most one instance may read it: since it is said, or by its nature."""
        return self.exclusive or self.type in DEVICE_TYPES

    @field_validator("address")
    @classmethod
    def _address_is_safe(cls, address: str) -> str:
        if _BLANK_OR_CONTROL.search(address):
            raise ValueError("the address holds a blank or a control character: write it as %20 and so on")
        if "," in address or ";" in address:
            raise ValueError("the address holds ',' or ';', which DeepStream's lists split at: write %2C or %3B")
        for found in secrets_in(address):
            if found.kind == "login":
                raise ValueError(_HOW_LOGIN)
            raise ValueError(
                f"the address holds a password among its parameters ({found.what}): put it into a secret of the node and "
                "write ${secret:NAME:password} in its place"
            )
        return address

    @model_validator(mode="after")
    def _address_fits_type(self) -> Self:
        if self.type == "rtsp" and self.capture is None and _PLAIN_RTSP.fullmatch(self.address):
            return self
        try:
            parts = urlsplit(self.address)
            port_is_readable = parts.port is None or parts.port > 0
        except ValueError:
            # Neither the address nor the words of urllib: both may hold a password that somebody wrote there.
            raise ValueError("the address cannot be read as a URL: check its host and port") from None
        self._require_no_password(parts)
        if self.type in SCHEMES:
            fault = fault_of_stream(self.type, parts, port_is_readable=port_is_readable)
            if fault is not None and parts.scheme in SCHEMES[self.type]:
                raise refusal("CameraSpec", {("address",): fault})
            if fault is not None:
                raise ValueError(f"{fault}{_other_type(self.address)}")
        if self.type == "file" and (parts.scheme != "file" or not (parts.netloc in ("", ".", "..") and parts.path)):
            raise ValueError("a camera of type file needs an address such as file:///clips/a.mp4")
        if self.type in DEVICE_TYPES and device_number(self.address, self.type) is None:
            raise ValueError(f"a camera of type {self.type} needs an address such as {self.type}:0")
        if self.type not in WITH_LOGIN and self.credentials_ref:
            instead = (
                ": its pass phrase is a parameter, passphrase=${secret:NAME:password}" if self.type == "srt" else ""
            )
            needless = f"a camera of type {self.type} has no use for credentialsRef{instead}"
            raise refusal("CameraSpec", {("credentialsRef",): needless})
        if self.capture is not None and self.type not in DEVICE_TYPES:
            raise ValueError(f"capture is for types usb and csi: a camera of type {self.type} sends as it is set up")
        return self

    def _require_no_password(self, parts: SplitResult) -> None:
        """A user alone is no secret; where a password is, nobody may look."""
        login, at, _ = parts.netloc.rpartition("@")
        # People who encode too much end with one word before the host, or with none.
        encoded = "@" in unquote(parts.netloc) and not at
        user, _, password = login.partition(":")
        if encoded or password or set(unquote(user)) & set(":/"):
            raise ValueError(_HOW_LOGIN)
        if at and self.credentials_ref is not None:
            raise ValueError("the address holds a user, and credentialsRef names one: take the user out of the address")
        if at and not user:
            raise ValueError("the address names no user before its '@': take the '@' away")

    @model_validator(mode="after")
    def _analytics_can_count(self) -> Self:
        if self.analytics is None or not self.analytics.groups:
            return self
        faults = {path: one.message for path, one in self.analytics_findings() if one.severity is Severity.ERROR}
        if not faults and self.frame is None and any(map(needs_frame, self.analytics.groups.values())):
            message = (
                "nothing says how large the picture is that the points are drawn in, so they cannot be scaled to what "
                "the app sees: give analytics.frame, or width and height of the camera, or write the points as fractions "
                "of the picture, from 0.0 to 1.0"
            )
            faults = {("analytics",): message}
        if faults:
            raise refusal("CameraSpec", faults)
        return self

    @model_validator(mode="after")
    def _alerts_can_happen(self) -> Self:
        if self.alerts is not None:
            regions = None if self.analytics is None else self.analytics.roi_filtering
            if faults := dict(alert_faults(self.alerts, regions)):
                raise refusal("CameraSpec", {("alerts", *path): message for path, message in faults.items()})
        return self

    def analytics_findings(self) -> Iterator[tuple[Path, Finding]]:
        """What there is to say about the lines and regions, each with its path below this spec."""
        if self.analytics is None:
            return
        groups = self.analytics.groups
        of_units = tuple(unit_findings(groups))
        for path, finding in of_units:
            yield ("analytics", *path), finding
        if self.frame is not None or not any(map(needs_frame, groups.values())):
            frame = self.frame or ANY_FRAME
            mixed = {path[:3] for path, finding in of_units if finding.severity is Severity.ERROR}
            for path, finding in shape_findings(groups, frame.width, frame.height):
                if path not in mixed:
                    yield ("analytics", *path), finding


class Camera(Manifest):
    """A camera of the fleet."""

    plural: ClassVar[str] = "cameras"
    short_name: ClassVar[str] = "cam"

    kind: Literal["Camera"]
    spec: CameraSpec

    @property
    def camera_id(self) -> str:
        """Id of the camera in the app and its messages."""
        kept: str | None = self.__dict__.get("_camera_id")
        return kept or self.spec.camera_id or self.name

    @property
    def has_one_reader(self) -> bool:
        """True when at most one instance may read it: since it is said, or by its nature."""
        kept: bool | None = self.__dict__.get("_has_one_reader")
        return self.spec.has_one_reader if kept is None else kept

    def _looked_at(self) -> dict[str, Any]:
        return {"_camera_id": intern(self.camera_id), "_has_one_reader": self.spec.has_one_reader}
