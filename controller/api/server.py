"""Puts the paths together and serves them."""

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Awaitable, Callable, Collection, Generator, Sequence
from datetime import datetime
from pathlib import Path

import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import PlainTextResponse, Response
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Receive, Scope, Send

from controller.api import access_reviews
from controller.api.access_control import AccessControl
from controller.api.apps.paths import AppsPaths, NoVersions, Versions
from controller.api.apps.scale_paths import ScalePaths
from controller.api.apps.view_writes import ViewWrites
from controller.api.authentication import Authentication
from controller.api.connections import PatientProtocol
from controller.api.control import FleetControl
from controller.api.core.nobody_asked import NobodyAsked
from controller.api.core.paths import CorePaths
from controller.api.cross_site import NoOtherSites
from controller.api.discovery import discovery_router
from controller.api.errors import ApiError, answer, manifests_only, no_such_path, not_allowed, starting
from controller.api.fleet_paths import PREFIX, FleetPaths
from controller.api.history_paths import CameraHistory, HistoryPaths, NoHistory
from controller.api.listeners import port_listener, unix_listener
from controller.api.object_answers import ObjectAnswers
from controller.api.openapi.openapi_paths import OpenApiPaths
from controller.api.own_host import OwnHostOnly
from controller.api.page.feed import Feed
from controller.api.page.live_paths import LivePaths
from controller.api.page.login_paths import LoginPaths, PageFacts
from controller.api.page.snapshots import Snapshots
from controller.api.page.static_paths import StaticPaths
from controller.api.permission import Auditing, Permission
from controller.api.picture_paths import PicturePaths
from controller.api.refusing_route import methods_at
from controller.api.resource_paths import ResourcePaths
from controller.api.resources import FLEET_RESOURCES
from controller.api.reviews import Reviews, WhyNot
from controller.api.revision_paths import NothingPast, Past, RevisionPaths
from controller.api.routing import PathRoute
from controller.api.served import facade_at
from controller.api.snapshot_paths import SnapshotPaths
from controller.api.tls import HANDSHAKE_SECONDS, Tls
from controller.api.token_paths import TokenPaths
from controller.api.v1.errors import PREFIX as V1
from controller.api.v1.errors import DetailedErrors
from controller.api.v1.routes import v1_router
from controller.api.v1.views import VIEWS
from controller.api.watch import BOOKMARK_SECONDS, WATCH_LIMIT
from controller.api.write_paths import WritePaths, Writes
from controller.asking.base import Asking
from controller.picture.store import ObjectStore
from crds.document import API_VERSION
from ports.clock import SystemClock
from ports.dice import Dice, SystemDice

# Watches end by themselves when the server stops; whoever is still reading an answer then has this long.
_GRACEFUL_SHUTDOWN_SECONDS = 1
_WRITING = ("POST", "PUT", "PATCH", "DELETE")


async def _is_whole() -> None:
    """There is nothing to be made."""


def create_app(
    objects: ObjectStore,
    events: ObjectStore,
    control: FleetControl,
    *,
    host_names: Collection[str] = (),
    fleet_version: str = "unknown",
    why_not_ready: Callable[[], str] = lambda: "",
    why_starting: Callable[[], str] = lambda: "",
    make_whole: Callable[[], Awaitable[None]] = _is_whole,
    writes: Writes | None = None,
    versions: Versions | None = None,
    past: Past | None = None,
    history: CameraHistory | None = None,
    why_not: WhyNot = access_reviews.why_not,
    watch_limit: int = WATCH_LIMIT,
    bookmark_seconds: float = BOOKMARK_SECONDS,
    access: AccessControl | None = None,
    asking: Asking | None = None,
    page: PageFacts = PageFacts(),
    clock: Callable[[], datetime] = SystemClock().now,
    dice: Dice | None = None,
    monotonic: Callable[[], float] = SystemClock().monotonic,
) -> FastAPI:
    """The API as an ASGI application.

    Args:
        objects: the cameras, instances and nodes.
        events: the core/v1 Events about them.
        control: the controller.
        host_names: names that the server is reached by; requests to any other name are refused.
        fleet_version: version of this program.
        why_not_ready: says why this controller is none to be asked, for `/readyz`; empty when it is.
        why_starting: says what is to be done before the fleet is shown; empty when it is.
        make_whole: has objects made that nobody asked for yet.
        writes: makes what is asked of objects; None: they are only read.
        versions: knows what instances were to be before; None: nothing is remembered.
        past: tells of revisions of the manifests; None: nothing is remembered.
        history: knows what happened to cameras; None: nothing is remembered.
        why_not: says what a client may not do, for those who ask that beforehand.
        watch_limit: watches that may be open at the same time.
        bookmark_seconds: between two bookmarks while nothing happens.
        access: who may do what; None: everybody everything.
        asking: asks agents for logs, usage and pictures; None: nobody can be asked.
        page: what the page tells of the controller, and never changes.
        clock: tells the time, UTC, that ages in tables are counted to.
        dice: make up the ends of generated names.
        monotonic: tells how much time goes by, for the rate of requests.
    """
    # The generated pages would load scripts from a CDN, and the paths describe themselves as Kubernetes has it.
    app = FastAPI(title="fleet", docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False)
    app.add_exception_handler(ApiError, _on_api_error)
    app.add_exception_handler(HTTPException, _on_http_error)
    app.add_exception_handler(Exception, _on_bug)
    access = access or AccessControl()
    # The last one is asked first. What nobody knows yet has no labels, so permission is asked for once the fleet is whole.
    app.add_middleware(Permission)
    app.add_middleware(_OnlyWholeFleets, why_starting=why_starting, make_whole=make_whole)
    app.add_middleware(_NoImpersonation)
    app.add_middleware(Auditing, log=access.audit, clock=clock, monotonic=monotonic)
    app.add_middleware(Authentication, control=access, objects=objects, clock=clock, monotonic=monotonic)
    app.add_middleware(NoOtherSites)
    app.add_middleware(OwnHostOnly, names=host_names)
    app.add_middleware(DetailedErrors)
    app.router.routes.extend(discovery_router(fleet_version).routes)
    if writes is not None:
        app.router.routes.extend(WritePaths(writes, clock, dice or SystemDice()).router.routes)
    app.router.routes.extend(OpenApiPaths(fleet_version).router.routes)
    answers = ObjectAnswers(clock, watch_limit=watch_limit, bookmark_seconds=bookmark_seconds)
    resources = ResourcePaths(objects, events, clock, answers)
    view_writes = ViewWrites(writes, clock) if writes else None
    scales = ScalePaths(objects, view_writes)
    app.router.routes.extend(AppsPaths(objects, versions or NoVersions(), answers, view_writes, scales).router.routes)
    app.router.routes.extend(scales.router.routes)
    app.router.routes.extend(resources.router.routes)
    asked = asking or NobodyAsked()
    feed = Feed(objects, control.brief, clock, lambda: access.access.current)
    app.state.stores = (*resources.stores, feed)
    for paths in (
        CorePaths(objects, answers, control, asked, writes, clock),
        PicturePaths(objects, asked, clock),
        SnapshotPaths(objects, asked),
        HistoryPaths(objects, history or NoHistory(), asked, clock),
        Reviews(why_not),
        FleetPaths(control),
        RevisionPaths(past or NothingPast(), writes),
        StaticPaths(),
        LivePaths(feed, Snapshots(objects, control.brief, clock), answers.slots),
        LoginPaths(access, control, page, fleet_version, clock),
        TokenPaths(access.access),
    ):
        app.router.routes.extend(paths.router.routes)
    app.router.routes.extend(v1_router(objects, control, writes, clock, fleet_version).routes)

    async def is_ready(request: Request) -> Response:
        if not (reason := why_not_ready()):
            return PlainTextResponse("ok")
        headers = starting(reason).headers if why_starting() else {}
        is_known = request.state.identity is not None
        return PlainTextResponse(f"not ready: {reason}" if is_known else "not ready", 503, headers)

    async def is_alive() -> Response:
        return PlainTextResponse("ok")

    for path, endpoint in (("/readyz", is_ready), ("/healthz", is_alive), ("/livez", is_alive)):
        app.router.routes.append(PathRoute(path, endpoint, methods=("GET",)))
    return app


async def serve(
    app: FastAPI,
    host: str,
    port: int,
    *,
    tls: Tls | None = None,
    unix_socket: Path | None = None,
    listening: Callable[[int], None] | None = None,
) -> None:
    """Serves an application of `create_app` until it is cancelled; signals stay with the caller.

    Args:
        app: the application.
        host: the address to listen on.
        port: the port to listen on; 0 for any free one.
        tls: how connections to the port are secured; None: not at all.
        unix_socket: where to listen in the file system, too.
        listening: told the port as soon as connections are accepted.

    Raises:
        PortInUse: something else listens there.
        OSError: it cannot be listened there for another reason.
    """
    with contextlib.ExitStack() as open_ones:
        listener = open_ones.enter_context(contextlib.closing(port_listener(host, port)))
        listeners = [(listener, tls.context if tls else None)]
        if unix_socket is not None:
            listeners.append((open_ones.enter_context(contextlib.closing(unix_listener(unix_socket))), None))
            open_ones.callback(unix_socket.unlink, missing_ok=True)
        config = uvicorn.Config(
            app,
            access_log=False,
            log_config=None,
            lifespan="off",
            ws="none",
            http=PatientProtocol,
            # A proxy's X-Forwarded-For must not change who the client is.
            proxy_headers=False,
            server_header=False,
            timeout_graceful_shutdown=_GRACEFUL_SHUTDOWN_SECONDS,
        )
        server = _Server(config, listeners)
        if listening:
            listening(listener.getsockname()[1])  # the backlog of the socket takes connections already
        running = asyncio.create_task(server.serve(), name="api-server")
        looking = asyncio.create_task(tls.keep_looking(), name="api-tls") if tls else None
        try:
            await asyncio.shield(running)
        finally:
            if looking:
                looking.cancel()
            for store in app.state.stores:
                store.end_watches()
            server.should_exit = True
            await running


class _Server(uvicorn.Server):
    """Leaves signals to the program that it is a part of, and listens where it is told, with TLS or without."""

    def __init__(
        self, config: uvicorn.Config, listeners: Sequence[tuple[socket.socket, ssl.SSLContext | None]]
    ) -> None:
        super().__init__(config)
        self._listeners = listeners

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:  # noqa: ARG002 - uvicorn's signature
        await self.lifespan.startup()
        loop = asyncio.get_running_loop()

        def protocol() -> PatientProtocol:
            return PatientProtocol(self.config, self.server_state, self.lifespan.state, loop)

        self.servers = [
            await loop.create_server(
                protocol, sock=listener, ssl=context, ssl_handshake_timeout=HANDSHAKE_SECONDS if context else None
            )
            for listener, context in self._listeners
        ]
        self.started = True


class _NoImpersonation:
    """Refuses requests in the name of somebody else: to ignore the wish would run them with more rights than meant."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and any(name.lower().startswith(b"impersonate-") for name, _ in scope["headers"]):
            refusal = ApiError(403, "Forbidden", "nobody can be impersonated here: use a token of your own")
            await answer(refusal)(scope, receive, send)
            return
        await self._app(scope, receive, send)


class _OnlyWholeFleets:
    """Answers no question about objects before all of them are known: an empty list would say that all were deleted.

    Events are told as they happen, from the first on.
    """

    _OBJECTS = (
        *(f"/apis/{API_VERSION}/{plural}" for plural in FLEET_RESOURCES),
        *(f"{V1}/{word}" for word in (*VIEWS, "Agent", "Camera")),
        *(f"{PREFIX}/{word}" for word in ("rendered/", "history/", "pictures", "snapshot", "stream")),
    )

    def __init__(
        self, app: ASGIApp, why_starting: Callable[[], str], make_whole: Callable[[], Awaitable[None]]
    ) -> None:
        self._app = app
        self._why_starting = why_starting
        self._make_whole = make_whole

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and self._is_about_objects(scope["path"]):
            if why := self._why_starting():
                await answer(starting(why))(scope, receive, send)
                return
            await self._make_whole()
        await self._app(scope, receive, send)

    def _is_about_objects(self, path: str) -> bool:
        return path.startswith(self._OBJECTS) or facade_at(path) is not None


async def _on_api_error(_request: Request, error: Exception) -> Response:
    return answer(error) if isinstance(error, ApiError) else await _on_bug(_request, error)


async def _on_http_error(request: Request, error: Exception) -> Response:
    code = error.status_code if isinstance(error, HTTPException) else 500
    path = str(request.scope["path"])  # `request.url` fails at what is no UTF-8
    if code == 404:
        return answer(no_such_path())
    if code == 405:
        allowed = methods_at(request)
        if path.startswith((f"{PREFIX}/", f"{V1}/")) or request.method not in _WRITING:
            return answer(not_allowed(f"{request.method} is not allowed at {path}", allowed=allowed))
        refusal = manifests_only(path)
        refusal.headers["Allow"] = ", ".join(sorted(allowed))
        return answer(refusal)
    return answer(ApiError(code, "Unknown", f"{request.method} {path} failed with {code}"))


async def _on_bug(_request: Request, _error: Exception) -> Response:
    return answer(ApiError(500, "InternalError", "the controller failed to answer; its log says why"))
