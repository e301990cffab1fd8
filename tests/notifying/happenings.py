"""Events to be told, an endpoint that answers as it is bid, and a notifier that is played in virtual time."""

import asyncio
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from controller.model import ObjectRef
from controller.notifying.happening import Happening
from controller.notifying.post import Posted, Unreachable
from controller.notifying.webhooks_file import Target
from controller.picture.event_log import EVENT_LIMIT, EventLog
from controller.picture.events import CAMERA_ALERT, EventType, FleetEvent
from controller.picture.store import ObjectStore
from ports.simulated import BEGINNING

FILE = Path("/etc/fleet/webhooks.yaml")
STATE = Path("/var/lib/fleet")
ONE = "endpoints:\n- name: ops\n  url: https://hooks.example.com/fleet?token=hush\n"


def happening(number: int, name: str = "dock", reason: str = "CameraNotReady", **other: Any) -> Happening:
    fields: dict[str, Any] = {
        "kind": "Camera", "name": name, "severity": "Warning", "reason": reason, "message": f"No frames, {number}",
        "first_at": f"2026-01-01T00:00:{number % 60:02d}Z", "at": f"2026-01-01T00:00:{number % 60:02d}Z", "count": 1,
        "event_id": f"{name}.abc.{number}",
    }  # fmt: skip
    return Happening(**{**fields, **other})


@dataclass
class Receiver:
    """An endpoint: answers what it is bid, in turn, and the last for ever."""

    answers: list[Posted | Unreachable] = field(default_factory=lambda: [Posted(204)])
    got: list[tuple[float, Mapping[str, str], bytes]] = field(default_factory=list)
    """When, headers and body of each attempt."""

    async def __call__(
        self, target: Target, headers: Mapping[str, str], body: bytes, *, ca_file: Path | None, timeout_seconds: float
    ) -> Posted:
        self.got.append((asyncio.get_running_loop().time(), headers, body))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        await asyncio.sleep(0.01)
        if isinstance(answer, Unreachable):
            raise answer
        return answer

    @property
    def events(self) -> list[dict[str, Any]]:
        """The CloudEvents of all attempts, in their order."""
        messages = [json.loads(body) for _, _, body in self.got]
        return [one for message in messages for one in (message if isinstance(message, list) else [message])]


class Events:
    """The events that a controller shows, and some cameras."""

    def __init__(self, started_at_ms: int = 1) -> None:
        self.store = ObjectStore(started_at_ms, history_limit=EVENT_LIMIT)
        self.objects = ObjectStore(1)
        cameras = [("dock", "hq"), ("gate", "yard")]
        self.objects.replace([_camera(name, site) for name, site in cameras], BEGINNING)
        self._log = EventLog()

    def happen(self, *events: tuple[str, str, str]) -> None:
        """Each a camera, a reason and a message."""
        self.happen_to((ObjectRef("Camera", name), reason, text) for name, reason, text in events)

    def alert(self, name: str, rule: str, text: str) -> None:
        """An alert of a camera begins."""
        subject = ObjectRef("Camera", name)
        self._log.add((FleetEvent(subject, EventType.WARNING, CAMERA_ALERT, f"{rule}: {text}", BEGINNING, about=rule),))
        self.store.replace(self._log.documents(), BEGINNING)

    def happen_to(self, events: Iterable[tuple[ObjectRef, str, str]]) -> None:
        for subject, reason, text in events:
            severity = EventType.NORMAL if reason.endswith("Ready") and "Not" not in reason else EventType.WARNING
            self._log.add((FleetEvent(subject, severity, reason, text, BEGINNING),))
        self.store.replace(self._log.documents(), BEGINNING)


def _camera(name: str, site: str) -> dict[str, Any]:
    metadata = {"name": name, "labels": {"site": site}}
    return {"apiVersion": "dsfleet.io/v1", "kind": "Camera", "metadata": metadata, "spec": {}}


async def until(holds: Callable[[], object], *, seconds: float = 60) -> None:
    """Lets virtual time pass until something holds."""
    async with asyncio.timeout(seconds):
        while not holds():  # noqa: ASYNC110 - time is virtual
            await asyncio.sleep(0.1)
