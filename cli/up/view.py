"""What `fleet up` knows of the fleet at one time, as the API says it."""

from typing import Any, NamedTuple

from cli.advice import sentences
from cli.connection import Api
from cli.event_rows import cells_of, in_order
from cli.failure import Failure
from cli.kinds import CAMERA, EVENT, NODE, OBJECT_KINDS, Target
from cli.listing import fetch_table
from cli.tables import Rows, rows_of

_MOST_EVENTS = 8


class View(NamedTuple):
    """One look at the API."""

    tables: dict[str, Rows]
    """By plural of the kind."""
    events: list[list[str]]
    """The latest events, each as the row of `fleet events`."""
    notices: list[str]
    """What a person should know or do: a rejected or parked revision."""
    nodes: list[dict[str, Any]]
    cameras: list[dict[str, Any]]


def look(api: Api) -> View | None:
    """What there is to see now; None while the controller does not answer."""
    try:
        tables = {kind.plural: rows_of(fetch_table(api, Target(kind, None))) for kind in OBJECT_KINDS}
        happened = in_order(api.get_list(EVENT.path)["items"])
        notices = sentences(api.get("/fleet/v1/status"))
        nodes, cameras = (list(api.get_list(kind.path)["items"]) for kind in (NODE, CAMERA))
    except Failure:
        return None
    return View(tables, [cells_of(event) for event in happened[-_MOST_EVENTS:]], notices, nodes, cameras)
