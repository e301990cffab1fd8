"""All the routes together."""

from collections.abc import Callable
from datetime import datetime

from controller.api.control import FleetControl
from controller.api.routing import Router
from controller.api.v1.changes import Changes
from controller.api.v1.errors import PREFIX
from controller.api.v1.lookup import Lookup
from controller.api.v1.openapi import Document
from controller.api.v1.requests import Requests
from controller.api.v1.rows import Rows
from controller.api.write_paths import Writes
from controller.picture.store import ObjectStore


def v1_router(
    objects: ObjectStore,
    control: FleetControl,
    writes: Writes | None,
    clock: Callable[[], datetime],
    fleet_version: str,
) -> Router:
    """The routes below `/v1`.

    Args:
        objects: the cameras, instances and nodes.
        control: the controller.
        writes: makes what is asked of objects; None: they are only read.
        clock: tells the time, UTC.
        fleet_version: of this program.
    """
    lookup, router = Lookup(objects), Router(prefix=PREFIX)
    Document(router, fleet_version)
    rows = Rows(router, objects, lookup)
    if writes is not None:
        Changes(router, objects, lookup, rows, writes, clock)
    Requests(router, control)
    return router
