"""What a running controller knows right now: the one place where one state takes the place of another."""

import asyncio
import logging

from controller.actions import Fetch, KeepKeys, KeepLastGood, Log, Note, Tell
from controller.model import Revision
from controller.picture.events import EventType, FleetEvent
from controller.picture.picture import Picture
from controller.state import State
from controller.wake import Wake
from ports.clock import Clock

_log = logging.getLogger(__name__)

_UNEXPECTED = Tell(EventType.WARNING, "UnexpectedError", "the controller met an error: see its log")
_LEVELS = {EventType.NORMAL: logging.INFO, EventType.WARNING: logging.WARNING}


class Knowledge:
    """The state, and who is woken when there is another.

    Attributes:
        state: what is known.
        shown: the revision that was in force in the state that is shown, all of it; None before the first.
        wake: woken when there may be something to do.
        changed: set when there is something new to show.
        topics_doubted: set when the topics should be looked at.
        fetch: set when somebody wants the source of the manifests looked at now.
        keys_changed: set when it is another key that some node must sign with.
        revision_changed: set when another revision is in force, which is to be kept on disk.
        specs_changed: set then, too, for whoever keeps the versions of instances.
        files_changed: set then, too, for whoever keeps the revisions of a directory.
    """

    def __init__(self, picture: Picture, clock: Clock) -> None:
        self.state = State()
        self.shown: Revision | None = None
        self.wake = Wake()
        self.changed = asyncio.Event()
        self.topics_doubted = asyncio.Event()
        self.fetch = asyncio.Event()
        self.keys_changed = asyncio.Event()
        self.revision_changed = asyncio.Event()
        self.specs_changed = asyncio.Event()
        self.files_changed = asyncio.Event()
        self._picture = picture
        self._clock = clock

    def become(self, state: State, notes: tuple[Note, ...] = ()) -> None:
        """Takes the next state, and does what was noted on the way to it."""
        if state is not self.state:
            self.state = state
            self.changed.set()
        for note in notes:
            match note:
                case Tell():
                    self._tell(note)
                case Log(type=kind, message=message, error=error):
                    _log.log(_LEVELS[kind], "%s", message, exc_info=error)
                case KeepLastGood():
                    self.revision_changed.set()
                    self.specs_changed.set()
                    self.files_changed.set()
                case KeepKeys():
                    self.keys_changed.set()
                case Fetch():
                    self.fetch.set()

    def note(self, note: Note) -> None:
        """Does what is to be done at once, while the state stays."""
        self.become(self.state, (note,))

    def tell_of_bug(self) -> None:
        """Tells that something unexpected happened; whoever calls has logged it."""
        self._tell(_UNEXPECTED)

    def _tell(self, told: Tell) -> None:
        _log.log(_LEVELS[told.type], "%s: %s: %s", told.subject, told.reason, told.message)
        self._picture.tell(FleetEvent(told.subject, told.type, told.reason, told.message, self._clock.now()))
        self.changed.set()
