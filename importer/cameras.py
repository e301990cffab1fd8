"""Sources as Camera manifests."""

import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal
from urllib.parse import urlsplit

from pydantic import ValidationError

from crds.camera import Camera
from crds.camera_source import SCHEMES, type_of_scheme
from crds.document import API_VERSION
from crds.foreign_placeholders import holds_placeholder, is_placeholder
from crds.secret import secrets_named_in
from deepstream.findings import Severity
from deepstream.groups import QUOTATION_MARKS
from deepstream.separators import percent_encode_separators
from importer.desk import Desk
from importer.names import CameraNames, is_camera_id, stem
from importer.paths import Place
from importer.secrets_taken import split_user_info

_FILE: Final = "file:"
_PLACEHOLDER: Final = re.compile(r"\$\{secret:[^}]*\}")
_KNOWN: Final = ", ".join(f"{one}://" for schemes in SCHEMES.values() for one in schemes)
_QUOTED: Final = re.compile(
    rf"""(?P<quote>["'])(?P<inner>.*)(?P=quote)|(?P<before>[{QUOTATION_MARKS}])?(?P<between>[^ \t]*?)(?P<behind>[{QUOTATION_MARKS}])?"""
)
"""Around an address; of a list in quotation marks the first address has one before it, the last one behind it."""
_COMMENTED: Final = re.compile(r"(?P<address>.*?\S)[ \t]+(?P<comment>#.*)")
_DEVICE: Final = re.compile(r"(?:(?:file|v4l2):(?://)?)?/dev/(?:video(?P<number>[0-9]{1,3})|[\w./-]+)")
_FOREIGN: Final = "a placeholder of another program; nothing fills it in"


class NoCameraError(ValueError):
    """A source is nothing that a Camera can be; the message says why, without its address."""


@dataclass
class Draft:
    """A camera that is being made: its spec grows by analytics and messages."""

    source_id: int
    name: str
    spec: dict[str, Any]
    settings: dict[str, Any] = field(default_factory=dict)
    """What the app is told of its source alone."""


@dataclass(frozen=True)
class Device:
    """A camera of the machine itself."""

    type: Literal["usb", "csi"]
    number: int
    capture: Mapping[str, int] | None
    """Of the spec of a camera; None when nothing says it, or nothing that a manifest takes."""


@dataclass(frozen=True)
class Origin:
    """Where a source stands."""

    file: str
    line: int | None
    where: str
    """For people: `[source0] uri`."""


class CameraMaker:
    """Makes the cameras of one import, with names of their own."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._names = CameraNames()

    def make(
        self,
        origin: Origin,
        source_id: int,
        uri: str,
        place: Place,
        ids: tuple[str | None, str | None] = (None, None),
    ) -> Draft:
        """Makes one camera.

        Args:
            origin: where the source stands, for remarks.
            source_id: its number in the app.
            uri: its address, with user and password.
            place: where relative paths of files begin.
            ids: its id and its name as the app knows them.

        Raises:
            NoCameraError: it cannot be one.
        """
        address, kind, credentials = self._address(origin, source_id, uri, place)
        camera_id, shown_name = ids
        if camera_id is not None and not is_camera_id(camera_id):
            message = "its id has characters that ids of cameras have not: it is the name of the camera from now on"
            self._say(Severity.WARNING, origin, message)
            shown_name, camera_id = shown_name or camera_id, None
        name, own_id = self._names.take(shown_name or camera_id or _name_of(address, kind), camera_id)
        if ids[1] is not None and name != ids[1]:
            self._say(Severity.NOTE, origin, f"its name is {name} from now on")
        if own_id != camera_id:
            self._say(Severity.WARNING, origin, f"another camera has the id {camera_id}: this one is {own_id} now")
        spec: dict[str, Any] = {"address": address}
        if own_id is not None and own_id != name:
            spec = {"cameraId": own_id, **spec}
        if kind != "rtsp":
            spec["type"] = kind
        if credentials is not None:
            spec["credentialsRef"] = credentials
        draft = Draft(source_id, name, spec)
        self._require_valid(draft)
        return draft

    def make_device(
        self,
        origin: Origin,
        source_id: int,
        device: Device,
        ids: tuple[str | None, str | None] = (None, None),
    ) -> Draft:
        """Makes one camera of the machine itself; arguments and errors as those of `make`."""
        camera_id = ids[0] if ids[0] is not None and is_camera_id(ids[0]) else None
        name, own_id = self._names.take(ids[1] or ids[0] or f"{device.type}-{device.number}", camera_id)
        spec: dict[str, Any] = {"address": f"{device.type}:{device.number}", "type": device.type}
        if own_id is not None and own_id != name:
            spec = {"cameraId": own_id, **spec}
        if device.capture is not None:
            spec["capture"] = dict(device.capture)
        draft = Draft(source_id, name, spec)
        self._require_valid(draft)
        message = (
            f"{name} is a camera of one machine: the instance must run there (spec.node), and no other one reads it"
        )
        self._say(Severity.NOTE, origin, message)
        return draft

    def manifest(self, draft: Draft) -> Camera:
        """The manifest of a camera."""
        return Camera.model_validate(self._document(draft))

    def _document(self, draft: Draft) -> dict[str, Any]:
        metadata: dict[str, Any] = {"name": draft.name}
        if self._desk.options.labels:
            metadata["labels"] = dict(self._desk.options.labels)
        return {"apiVersion": API_VERSION, "kind": "Camera", "metadata": metadata, "spec": draft.spec}

    def _require_valid(self, draft: Draft) -> None:
        try:
            self._document(draft)
            Camera.model_validate(self._document(draft))
        except ValidationError as error:
            [first, *_] = error.errors(include_url=False, include_context=False, include_input=False)
            raise NoCameraError(first["msg"].removeprefix("Value error, ")) from None

    def _address(
        self, origin: Origin, source_id: int, uri: str, place: Place
    ) -> tuple[str, str, dict[str, Any] | None]:
        uri = self._without_marks(origin, uri.strip())
        _refuse_device(uri)
        clean = _without_blanks(uri)
        if clean != uri:
            self._say(Severity.WARNING, origin, "blanks in the address are written as %20 and so on from now on")
        if clean.startswith("/"):
            self._say(Severity.NOTE, origin, "the path is written as an address, file://, from now on")
            clean = f"file://{clean}"
        if clean[: len(_FILE)].lower() == _FILE:
            return _file_address(self._without_separators(origin, clean), place), "file", None
        if "://" not in clean and holds_placeholder(clean):
            address = f"rtsp://camera-{source_id}.invalid/"
            self._say(
                Severity.WARNING,
                origin,
                f"the address is {_FOREIGN}: it is {address} now, write the real one",
                left_out=True,
            )
            return address, "rtsp", None
        scheme = _scheme_of(clean)
        kind = type_of_scheme(scheme) if "://" in clean else None
        if kind is None:
            what = f"{scheme}://" if re.fullmatch(r"[a-z][a-z0-9+.-]*", scheme) else "this"
            raise NoCameraError(f"cameras have addresses of {_KNOWN} and file://, and {what} is none of them")
        bare, login = split_user_info(clean)
        credentials = None
        if login is not None and not any(login):
            self._say(Severity.NOTE, origin, "the address names no user before its '@', which is left out")
        elif login is not None:
            credentials = self._credentials(origin, *login)
        bare = self._without_separators(origin, bare)
        taken = self._desk.secrets.without_parameters(bare)
        if names := secrets_named_in(taken):
            self._say(
                Severity.NOTE, origin, f"the password in the path of the address became secret {', '.join(names)}"
            )
        if holds_placeholder(bare):
            message = f"a part of the address is {_FOREIGN}: write the real one into spec.address of the camera"
            # No address holds a password, not even one that somebody else fills in.
            self._say(Severity.WARNING, origin, message, left_out=not holds_placeholder(taken))
        return taken, kind, credentials

    def _without_marks(self, origin: Origin, uri: str) -> str:
        """The address without quotation marks around it and a comment behind it, which DeepStream takes for a part of it."""
        uri = self._unquoted(origin, uri)
        commented = _COMMENTED.fullmatch(uri)
        if commented is None:
            return uri
        # What holds an @ may be the rest of a password.
        shown = f"{commented['comment']!r}" if "@" not in commented["comment"] else "what stands behind the blank"
        message = f"a key file has no comments behind values: DeepStream takes {shown} for a part of the address"
        if _inside(commented["address"]).lower().startswith("rtsp") and "@" not in commented["comment"]:
            self._say(Severity.WARNING, origin, f"{message}; it is left out here, write it on a line of its own")
            return self._unquoted(origin, commented["address"])
        self._say(Severity.WARNING, origin, f"{message}; if it is none, write it on a line of its own")
        return uri

    def _unquoted(self, origin: Origin, uri: str) -> str:
        inside = _inside(uri)
        if inside != uri:
            message = "DeepStream takes the quotation marks for a part of the address: they are left out here"
            self._say(Severity.WARNING, origin, message)
        return inside

    def _without_separators(self, origin: Origin, address: str) -> str:
        encoded = percent_encode_separators(address)
        if encoded != address:
            found = " and ".join(f"{one} as {code}" for one, code in ((",", "%2C"), (";", "%3B")) if one in address)
            message = f"the address has {found} from now on, since lists of DeepStream split there"
            self._say(Severity.NOTE, origin, message)
        return encoded

    def _credentials(self, origin: Origin, username: str, password: str | None) -> dict[str, Any] | None:
        """The secret for a user, as a manifest names it; None when nobody knows user or password."""
        if is_placeholder(username) or is_placeholder(password or ""):
            message = (
                f"the user name or the password is {_FOREIGN}, and no secret is made of it: both are left out; make a secret "
                "of the node, and name it in spec.credentialsRef of the camera"
            )
            self._say(Severity.WARNING, origin, message, left_out=True)
            return None
        secret = self._desk.secrets.of_camera(username, password)
        if password is None:
            self._say(Severity.NOTE, origin, f"the user in the address became secret {secret}; it has no password")
            return {"name": secret, "withoutPassword": True}
        without = "" if password else "; its password is empty"
        self._say(Severity.NOTE, origin, f"the user name and password in the address became secret {secret}{without}")
        return {"name": secret}

    def _say(self, severity: Severity, origin: Origin, message: str, *, left_out: bool = False) -> None:
        self._desk.remark(severity, origin.file, origin.line, f"{origin.where}: {message}", left_out=left_out)


def _refuse_device(uri: str) -> None:
    """Refuses the path of a device, which no app opens as an address.

    Raises:
        NoCameraError: it is one.
    """
    found = _DEVICE.fullmatch(uri)
    if found is not None:
        number = found["number"] or "<n>"
        raise NoCameraError(
            f"its address is the path of a device, and types 2, 3 and 4 open URLs only: a USB camera has type=1 and "
            f"camera-v4l2-dev-node={number}"
        )


def _inside(uri: str) -> str:
    """What stands between quotation marks; the text itself without them."""
    quoted = _QUOTED.fullmatch(uri)
    return uri if quoted is None else (quoted["inner"] or quoted["between"] or "").strip()


def _without_blanks(uri: str) -> str:
    return "".join(f"%{ord(one):02X}" if ord(one) <= 0x20 or ord(one) == 0x7F else one for one in uri)


def _scheme_of(uri: str) -> str:
    return uri.partition("://")[0].lower() if "://" in uri else uri.partition(":")[0].lower()


def _file_address(uri: str, place: Place) -> str:
    """The address of a file; relative paths begin in the folder of the main file, or are absolute by the base folder."""
    path = uri[len(_FILE) :]
    path = path.removeprefix("//")
    if path.startswith("/"):
        return f"file://{percent_encode_separators(path)}"
    kept = percent_encode_separators(place.kept(path))
    first = kept.partition("/")[0]
    return f"file://{kept}" if kept.startswith("/") or first in (".", "..") else f"file://./{kept}"


def _name_of(address: str, kind: str) -> str:
    if kind == "file":
        return stem(urlsplit(address).path) or "file"
    try:
        parts = urlsplit(_PLACEHOLDER.sub("", address))
    except ValueError:
        return "camera"
    return posixpath.join(parts.hostname or "camera", parts.path.lstrip("/"))
