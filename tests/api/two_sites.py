"""A fleet of two sites behind an API with tokens, for the tests of who may what."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import httpx
from fastapi import FastAPI

from controller.access.access_file import AccessFile, CertificateBinding, binding_of
from controller.access.audit_line import Audited
from controller.access.authentication import Openness, Peer, peer_at
from controller.access.buckets import Rate
from controller.access.identity import Binding
from controller.access.tokens import Token, digest_of, token_text
from controller.api.access_control import AccessControl, NoAccess
from controller.api.server import create_app
from controller.model import ObjectRef
from controller.picture.event_log import EventLog
from controller.picture.events import EventType, FleetEvent
from controller.picture.store import ObjectStore
from tests.api.serving import FakeControl
from tests.picture.fleets import NOW

OBJECTS = "/apis/dsfleet.io/v1"
BINDINGS: Mapping[str, Binding] = {
    "viewer": binding_of("viewer"),
    "hq-viewer": binding_of("viewer", "site=hq"),
    "camera-viewer": binding_of("viewer", "", ("Camera",)),
    "hq-operator": binding_of("operator", "site=hq"),
    "operator": binding_of("operator"),
    "hq-admin": binding_of("admin", "site=hq"),
    "admin": binding_of("admin"),
}
SECRETS = {name: token_text(bytes([i]) * 4, bytes([i]) * 32) for i, name in enumerate(BINDINGS)}
TOKENS = tuple(
    Token(SECRETS[name][6:14], name, digest_of(SECRETS[name]), binding, NOW, NOW + timedelta(days=1))
    for name, binding in BINDINGS.items()
)


@dataclass
class Audit:
    lines: list[Audited] = field(default_factory=list)
    failure: OSError | None = None

    def require_room(self) -> None:
        if self.failure:
            raise self.failure

    def append(self, audited: Audited) -> None:
        self.lines.append(audited)


@dataclass
class FleetOfTwoSites:
    """hq-1 and yard-1, their nodes, instances and events, behind an API with tokens."""

    access: NoAccess = field(default_factory=NoAccess)
    audit: Audit = field(default_factory=Audit)
    control: FakeControl = field(default_factory=FakeControl)
    objects: ObjectStore = field(default_factory=lambda: ObjectStore(1_772_000_000_000))
    events: ObjectStore = field(default_factory=lambda: ObjectStore(1_772_000_000_000))
    openness: Openness = field(default_factory=Openness)
    rates: dict[str, Rate] = field(default_factory=dict)
    now: datetime = NOW
    why_not_ready: str = ""
    _made: tuple[Openness, FastAPI] | None = None
    """Made once: that takes longer than many requests."""

    def __post_init__(self) -> None:
        self.access.current = AccessFile(TOKENS, (CertificateBinding(BINDINGS["hq-viewer"], group="guards"),))
        self.show("hq", "yard")
        log = EventLog()
        for kind, name in (("Camera", "hq-1"), ("Camera", "yard-1"), ("Node", "hq-node"), ("Camera", "gone")):
            log.add([FleetEvent(ObjectRef(kind, name), EventType.NORMAL, "Seen", f"{name} was seen", NOW)])
        self.events.replace(log.documents(), NOW)

    def show(self, hq: str, yard: str) -> None:
        """Both with other sites in their labels."""
        self.objects.replace(
            [
                {"apiVersion": "dsfleet.io/v1", "kind": kind, "metadata": {"name": name, "labels": {"site": site}}, "spec": {"address": "rtsp://x/y"}}
                for place, site in (("hq", hq), ("yard", yard))
                for kind, name in (("Camera", f"{place}-1"), ("Node", f"{place}-node"), ("DsInstance", place))
            ],
            NOW,
        )  # fmt: skip

    def app(self) -> FastAPI:
        control = AccessControl(self.access, self.audit, self.openness, **self.rates)
        return create_app(
            self.objects,
            self.events,
            self.control,
            access=control,
            clock=lambda: self.now,
            monotonic=lambda: 0.0,
            why_not_ready=lambda: self.why_not_ready,
        )

    def __call__(
        self, method: str, path: str, who: str = "", peer: Peer | None = None, **options: Any
    ) -> httpx.Response:
        if self._made is None or self._made[0] is not self.openness:
            self._made = self.openness, self.app()
        app = self._made[1]

        async def asgi(scope: Any, receive: Any, send: Any) -> None:
            scope["state"] = {"peer": peer or peer_at("192.0.2.7")}
            await app(scope, receive, send)

        async def request() -> httpx.Response:
            transport = httpx.ASGITransport(asgi, raise_app_exceptions=True)
            headers = ({"authorization": f"Bearer {SECRETS[who]}"} if who else {}) | options.pop("headers", {})
            async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8080") as client:
                return await client.request(method, path, headers=headers, **options)

        return asyncio.run(request())

    def names(self, path: str, who: str) -> list[str]:
        answer = self("GET", path, who)
        assert answer.status_code == 200, answer.text
        return sorted(one["metadata"]["name"] for one in answer.json()["items"])

    def code(self, method: str, path: str, who: str) -> int:
        body = {} if method in ("GET", "HEAD") else {"json": {"instance": "yard", "revision": "sha256:1", "key": "k"}}
        return self(method, path, who, **body).status_code
