"""Asks a running app what a camera shows. Loaded when somebody wants to see it.

The path is the reference workload's: DeepStream's REST interface has none for that.
"""

import asyncio
import json
import os
import re
import socket
from dataclasses import dataclass
from typing import Final, NoReturn, Protocol
from urllib.parse import quote

import h11

from crds.answers import MOST_OBJECTS, PictureObject, picture_objects
from crds.instance_config import InstanceConfig
from nodeagent.apps.rest import NoAnswerError, one_line, request_text

TIMEOUT_S: Final = 2.0
"""A large picture takes an app that has a lot to do longer than a number."""
_PART_BYTES: Final = 64 * 1024
_MOST_OBJECTS_CHARACTERS: Final = 3000
_NUMBER: Final = re.compile(r"[0-9]{1,15}")
_SIZE: Final = re.compile(r"([0-9]{1,4})x([0-9]{1,4})")
NEWEST_ALERT: Final = "alert"
_ALERT: Final = re.compile(r"[0-9A-Za-z-]{0,64}")
_NO_ALERTS: Final = "this version of it keeps no frames of alerts"
_JPEG: Final = b"\xff\xd8\xff"


@dataclass(frozen=True)
class AppPicture:
    """A frame of a camera that an app has looked at: the newest one, or one that was kept."""

    frame: int
    """As the app counts them."""
    age_ms: int
    """How long the app had it when it answered."""
    width: int
    height: int
    objects: tuple[PictureObject, ...]
    """In that frame, in pixels of the picture."""
    jpeg: bytes
    alert: str = ""
    """The id of the alert that it was kept at, where it was."""


@dataclass(frozen=True)
class PictureWish:
    """Which picture an app is asked for."""

    width: int | None
    """In pixels, at most; None for that of the camera."""
    max_bytes: int
    """Of the JPEG."""
    overlay: bool = False
    """Whether lines, regions and boxes are drawn on it."""
    at: str = ""
    """Empty for the newest frame; `alert` for the one kept at the newest alert, else the id of an alert."""

    @property
    def query(self) -> str:
        """As the app is asked for it."""
        width = "" if self.width is None else f"width={self.width}&"
        return f"{width}max_bytes={self.max_bytes}{'&overlay=1' * self.overlay}{f'&at={self.at}' if self.at else ''}"


class TakePicture(Protocol):
    """Asks an app for a frame of a camera; see `take_picture`."""

    async def __call__(self, config: InstanceConfig, camera_id: str, wish: PictureWish) -> AppPicture:
        """See `take_picture`."""


async def take_picture(config: InstanceConfig, camera_id: str, wish: PictureWish) -> AppPicture:
    """The newest frame of a camera, or the one that was kept at an alert.

    Args:
        config: the instance that runs, whose app has pictures.
        camera_id: as the app knows the camera.
        wish: which picture.

    Raises:
        NoAnswerError: there is none within 2 s, or nothing that can be used; the message says why.
        NoFrameError: the app answers that it has none.
    """
    path = f"/api/v1/snapshot/{quote(camera_id, safe='')}?{wish.query}"
    try:
        async with asyncio.timeout(TIMEOUT_S):
            status, headers, content = await _exchange(config.rest_port, path, wish.max_bytes)
    except TimeoutError:
        raise NoAnswerError(f"it has not answered within {TIMEOUT_S:g} s") from None
    except OSError as error:
        raise NoAnswerError(os.strerror(error.errno) if error.errno else str(error)) from None
    except h11.RemoteProtocolError:
        raise NoAnswerError("its answer breaks the rules of HTTP") from None
    if status == 404:
        raise NoFrameError(_reason(content))
    if status != 200:
        raise NoAnswerError(f"HTTP {status}")
    picture = _picture(headers, content)
    if wish.at and (not picture.alert or wish.at not in (NEWEST_ALERT, picture.alert)):
        raise NoFrameError(_NO_ALERTS)
    return picture


class NoFrameError(Exception):
    """The app is well and has no frame of that camera; the message is what it says."""


async def _exchange(port: int, path: str, most_bytes: int) -> tuple[int, dict[str, str], bytes]:
    loop = asyncio.get_running_loop()
    connection = h11.Connection(h11.CLIENT)
    for asked in (h11.Request(method="GET", target="/", headers=[("Host", "")]), h11.EndOfMessage()):
        connection.send(asked)
    status, headers, content = 0, dict[str, str](), bytearray()
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as bare:
        bare.setblocking(False)
        await loop.sock_connect(bare, ("127.0.0.1", port))
        await loop.sock_sendall(bare, request_text(port, path))
        while True:
            event = connection.next_event()
            if event is h11.NEED_DATA:
                connection.receive_data(await loop.sock_recv(bare, _PART_BYTES))
            elif isinstance(event, h11.Response):
                status = event.status_code
                headers = {name.decode("ascii"): value.decode("latin-1") for name, value in event.headers}
            elif isinstance(event, h11.Data):
                content += event.data
                if len(content) > most_bytes:
                    raise NoAnswerError(f"its picture is larger than {most_bytes} bytes")
            elif isinstance(event, h11.EndOfMessage):
                return status, headers, bytes(content)


def _picture(headers: dict[str, str], content: bytes) -> AppPicture:
    size = _SIZE.fullmatch(headers.get("x-picture-size", ""))
    if size is None or not content.startswith(_JPEG):
        raise NoAnswerError("its answer is no picture: is it a version of before pictures?")
    return AppPicture(
        frame=_number(headers, "x-frame-number"),
        age_ms=_number(headers, "x-frame-age-ms"),
        width=int(size[1]),
        height=int(size[2]),
        objects=_objects(headers.get("x-objects", "[]")),
        jpeg=content,
        alert=alert if _ALERT.fullmatch(alert := headers.get("x-alert", "")) else "",
    )


def _number(headers: dict[str, str], name: str) -> int:
    text = headers.get(name, "")
    if _NUMBER.fullmatch(text) is None:
        raise NoAnswerError(f"its answer has no {name}")
    return int(text)


def _objects(text: str) -> tuple[PictureObject, ...]:
    """None of what is no list of objects: a picture without boxes is better than none."""
    if len(text) > _MOST_OBJECTS_CHARACTERS:
        return ()
    try:
        return picture_objects(json.loads(text, parse_constant=_refuse)[:MOST_OBJECTS])
    except (ValueError, TypeError, KeyError, RecursionError):
        return ()


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")


def _reason(content: bytes) -> str:
    """The line that the app says it in, whole, so that all of a secret in it can be masked; nothing that a terminal would obey."""
    return one_line(content.decode(errors="replace").strip().rpartition("\n")[2])
