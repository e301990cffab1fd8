"""Objects as the page is told of them, and what it is told."""

import json
from dataclasses import dataclass, field
from typing import Any

from controller.picture.store import ObjectStore
from tests.picture.fleets import NOW

Document = dict[str, Any]
SINCE = "2026-03-01T11:56:30Z"
SINCE_MS = 1_772_366_190_000


def camera(name: str, *, ready: bool | None = True, site: str = "hq", message: str = "") -> Document:
    word = {True: "True", False: "False", None: "Unknown"}[ready]
    return {
        "apiVersion": "dsfleet.io/v1", "kind": "Camera",
        "metadata": {"name": name, "labels": {"site": site}},
        "spec": {"address": f"rtsp://10.0.0.9/{name}"},
        "status": {
            "ready": ready, "reason": "FramesProcessed", "message": message, "fps": 25.0, "nodes": ["edge"],
            "instances": [{"name": "door", "node": "edge", "ready": ready, "fps": 25.0}],
            "conditions": [{"type": "Ready", "status": word, "reason": "FramesProcessed", "lastTransitionTime": SINCE}],
        },
    }  # fmt: skip


def camera_row(name: str, *, ready: int = 1, site: str = "hq", message: str = "", generation: int = 1) -> list[Any]:
    """What the page is told of such a camera."""
    return [
        name, ready, "FramesProcessed", message, SINCE_MS, 25.0, ["door"], ["edge"], {"site": site}, generation, None,
    ]  # fmt: skip


@dataclass
class Objects:
    """A store whose objects are put and taken one by one."""

    store: ObjectStore = field(default_factory=lambda: ObjectStore(1_772_000_000_000, history_limit=100))
    documents: dict[tuple[str, str], Document] = field(default_factory=dict)

    def put(self, *documents: Document) -> None:
        self.documents |= {(one["kind"], one["metadata"]["name"]): one for one in documents}
        self.store.replace(self.documents.values(), NOW)

    def take(self, *names: str, kind: str = "Camera") -> None:
        for name in names:
            del self.documents[kind, name]
        self.store.replace(self.documents.values(), NOW)


@dataclass(frozen=True)
class Event:
    """One event of a stream, as a browser reads it."""

    name: str
    data: Document
    id: str = ""


def events_in(text: bytes) -> list[Event]:
    """Reads a stream as https://html.spec.whatwg.org/multipage/server-sent-events.html says."""
    found = []
    for block in text.decode().split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.split("\n") if line)
        if fields:
            found.append(Event(fields.get("event", "message"), json.loads(fields["data"]), fields.get("id", "")))
    return found
