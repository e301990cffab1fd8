"""All that the API shows, made from the state of the controller look by look."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from controller.model import ObjectRef, Reason, Revision
from controller.picture.conditions import Document
from controller.picture.difference import Difference
from controller.picture.documents import LiveDocuments
from controller.picture.event_log import EventLog
from controller.picture.events import EventType, FleetEvent, events_of
from controller.picture.images import ImageUse
from controller.picture.standing import Standing
from controller.picture.store import ObjectStore
from controller.picture.summary import summary
from controller.rules import Rules
from controller.state import State

_NOTHING = Revision("", (), (), ())
_FLEET = ObjectRef("Fleet", "fleet")
_PAUSE_FACTOR = 4
"""While 61,000 objects are not ready, to sum them up takes a second: whoever asks again and again gets a fifth of the time."""


class Picture:
    """The objects and events that the API shows, and its answers about the fleet as a whole."""

    def __init__(
        self,
        rules: Rules,
        *,
        objects: ObjectStore,
        events: ObjectStore,
        monotonic: Callable[[], float],
        notice: Callable[[tuple[Difference, ...], datetime], None] = lambda *_: None,
    ) -> None:
        """Shows nothing yet.

        Args:
            rules: whose controller it is.
            objects: takes the cameras, instances and nodes.
            events: takes the core/v1 Events about them.
            monotonic: tells how long something takes, in seconds.
            notice: is told what became different, and when.
        """
        self._rules = rules
        self._objects = objects
        self._events = events
        self._standing = Standing(lambda key: self._live.outline(key))  # noqa: PLW0108 - it is made below
        self._live = LiveDocuments(objects, rules.version, self._standing.expect)
        self._event_log = EventLog()
        self._image_use = ImageUse()
        self._images: Mapping[str, str] = {}
        self._event_documents: tuple[Document, ...] = ()
        self._is_fleet_shown = False
        self._monotonic = monotonic
        self._notice = notice
        self._summary: tuple[object, dict[str, Any]] = (None, {})
        self._summed_up_until = float("-inf")

    def tell(self, event: FleetEvent) -> None:
        """Adds an event; it is seen with the next look."""
        self._event_log.add((event,))

    def show(self, state: State, now: datetime) -> Iterator[None]:
        """Shows the fleet as it is now. Costs what changed since the look before.

        Yields:
            After each part, of which none takes long: others may have their turn.
        """
        if state.term is None or (state.gate.in_force is None and state.gate.candidate is None):
            # Until the topics are read to their ends every node looks new, and lost: nobody is shown that. Nor is it a fleet
            # before it is known which manifests are in force, or why none are.
            self._show_events(now)
            return
        revision, published = state.gate.in_force or _NOTHING, state.published.configs
        try:
            for differences in self._live.update(revision, state.plan, published, state.fleet, now):
                self._standing.take(differences)
                self._image_use.take(differences)
                self._notice(differences, now)
                if self._is_fleet_shown:
                    self._event_log.add(events_of(differences, now, self._event_log.open_troubles))
                yield
        finally:
            self._show_events(now)  # whatever object cannot be shown
        images = self._image_use.with_two_ids()
        if images is not self._images and self._is_fleet_shown:
            self._event_log.add(_news_of_images(self._images, images, now))
        self._images = images
        if not self._is_fleet_shown:
            # That all nodes are there is no news.
            self._objects.forget_changes()
            self._is_fleet_shown = True
        self._show_events(now)

    def _show_events(self, now: datetime) -> None:
        events = self._event_log.documents()
        if events is not self._event_documents:
            self._event_documents = events
            self._events.replace(events, now)

    def make_whole(self) -> Iterator[None]:
        """Makes what was put off until somebody asks; who does not wait for it gets it made when he asks for it.

        Yields:
            After each part, of which none takes long: others may have their turn.
        """
        return self._live.make_unseen()

    @property
    def shows_the_fleet(self) -> bool:
        """True once a look at the whole fleet is shown: before, what is shown is no fleet, or a part of one."""
        return self._is_fleet_shown

    def status(self, state: State) -> dict[str, Any]:
        """The answer of `/fleet/v1/status`."""
        in_force, candidate = state.gate.in_force, state.gate.candidate
        since = state.gate.in_force_since
        return {
            "fleetId": self._rules.fleet_id,
            "version": self._rules.version,
            "controllerKey": self._rules.public_key,
            "epoch": state.term or 0,
            "superseded": _superseded(state),
            "kafka": {"connected": state.connected, "caughtUp": state.caught_up},
            "topics": {"differences": list(state.topic_differences), "loss": _loss(state)},
            "revision": None
            if in_force is None
            else {
                "id": in_force.id,
                "description": in_force.description,
                "since": since.isoformat() if since else None,
            },
            "candidate": None
            if candidate is None
            else {
                "state": candidate.state,
                "id": candidate.revision_id,
                "description": candidate.description,
                "message": candidate.message,
                "problems": list(candidate.problems),
                "removed": list(candidate.removed),
                "unwatchedCameras": list(candidate.unwatched),
                "changes": candidate.changes,
            },
            "held": dict(state.holds.held),
            **self._summed_up(state.plan.reasons if state.plan else ()),
        }

    def _summed_up(self, reasons: tuple[Reason, ...]) -> dict[str, Any]:
        """Costs what is not ready; where that is much it may be as old as five times what it took to make."""
        made_of, begun = (self._standing.changes, self._images, reasons), self._monotonic()
        if self._summary[0] != made_of and begun >= self._summed_up_until:
            self._summary = (made_of, summary(self._standing, reasons, self._images))
            ended = self._monotonic()
            self._summed_up_until = ended + _PAUSE_FACTOR * (ended - begun)
        return self._summary[1]


def _news_of_images(old: Mapping[str, str], new: Mapping[str, str], now: datetime) -> tuple[FleetEvent, ...]:
    found = [
        FleetEvent(_FLEET, EventType.WARNING, "TwoImages", f"Image {name}: {message}", now)
        for name, message in new.items()
        if old.get(name) != message
    ]
    gone = [name for name in old if name not in new]
    text = "All instances run one image under this name again"
    return (*found, *(FleetEvent(_FLEET, EventType.NORMAL, "OneImage", f"Image {name}: {text}", now) for name in gone))


def _loss(state: State) -> dict[str, Any] | None:
    loss = state.loss
    if loss is None:
        return None
    return {
        "topics": list(loss.topics),
        "foundAt": loss.found_at.isoformat(),
        "healedAt": loss.healed_at.isoformat() if loss.healed_at else None,
        "missing": state.published.missing,
    }


def _superseded(state: State) -> dict[str, Any] | None:
    by = state.superseded
    if by is None:
        return None
    return {
        "by": str(by.by) if by.by else None,
        "since": by.since.isoformat(),
        "epoch": by.ref.epoch,
        "generation": by.ref.generation,
        "node": by.hostname,
        "message": by.message,
    }
