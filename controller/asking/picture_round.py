"""One agent that is asked for pictures of one width, as long as somebody looks at any of its cameras."""

import asyncio
from collections.abc import Mapping

from controller.asking.answer_reader import AnswerReader
from controller.asking.base import CannotAsk
from controller.asking.conversation import Conversation
from controller.asking.lateness import Lateness
from controller.asking.leases import AskingTimings, LeaseOffice
from controller.asking.picture_memory import EVERY_SECONDS, PictureMemory
from controller.asking.whom import Whom
from crds.answers import AgentAnswer
from crds.asking import MOST_CAMERAS, PICTURES, Lease, PicturesAsked
from ports.clock import Clock

_MANY_ANSWERS = 1_000_000
"""More than an agent sends between two renewals."""


class PictureRound:
    """Says the lease, and again when other cameras are looked at; gives what comes to the memory.

    Args:
        whom: the agent.
        width: of the pictures.
        office: says leases.
        reader: reads the answers.
        memory: keeps the pictures.
        clock: the time.
        timings: how long it waits for what.
    """

    def __init__(
        self,
        whom: Whom,
        width: int,
        *,
        office: LeaseOffice,
        reader: AnswerReader,
        memory: PictureMemory,
        clock: Clock,
        timings: AskingTimings,
    ) -> None:
        self.whom = whom
        self._width = width
        self._office = office
        self._reader = reader
        self._memory = memory
        self._clock = clock
        self._timings = timings
        self._cameras: dict[str, float] = {}
        """Until when each camera counts as looked at, by the monotonic clock."""
        self._conversation = Conversation(office.next_number(), whom)
        self._lateness = Lateness()

    @property
    def cameras(self) -> Mapping[str, float]:
        """The cameras that are looked at, and until when."""
        return self._cameras

    def look(self, camera: str, until: float) -> bool:
        """Somebody looks at a camera; False when so many are looked at that it has no room."""
        if camera not in self._cameras and len(self._cameras) >= MOST_CAMERAS:
            return False
        self._cameras[camera] = until
        return True

    async def run(self) -> None:
        """Goes on until nobody looks any more.

        Raises:
            CannotAsk: the agent cannot be asked, does not answer, or will not.
        """
        lease = Lease(
            number=self._conversation.number,
            boot_id=self.whom.boot_id,
            seconds=self._timings.picture_lease_seconds,
            credit=_MANY_ANSWERS,
            what=PICTURES,
        )
        async with self._reader.reading():
            with self._reader.hearing(self._conversation):
                try:
                    await self._ask_again_and_again(lease)
                finally:
                    self._office.take_back(self.whom, lease)

    async def _ask_again_and_again(self, lease: Lease) -> None:
        said_at, said, heard_at = 0.0, frozenset[str](), None
        begun_at = self._clock.monotonic()
        while True:
            now = self._clock.monotonic()
            self._cameras = {camera: until for camera, until in self._cameras.items() if until > now}
            if not self._cameras:
                return
            if self._is_due(now - said_at if said else None, said):
                said, said_at = frozenset(self._cameras), now
                asked = PicturesAsked(
                    cameras=tuple(self._cameras), width=self._width, every_seconds=EVERY_SECONDS[self._width]
                )
                # Counted on from what came: a page that is left open for days gets more than any number of them.
                credit = self._conversation.credit + _MANY_ANSWERS
                again = {"begins": heard_at is None, "pictures": asked, "credit": credit}
                await self._office.say(self.whom, lease.model_copy(update=again))
            try:
                async with asyncio.timeout(self._timings.look_for_pictures_seconds):
                    answer = await self._conversation.take()
            except TimeoutError:
                if heard_at is None and now - begun_at > self._timings.answer_seconds:
                    raise CannotAsk(
                        f"the agent of node {self.whom.node} did not answer within {self._timings.answer_seconds:g} s: "
                        "may it write to the topic AgentAnswer?"
                    ) from None
                continue
            heard_at = now
            self._take(answer, self._conversation.attached)

    def _is_due(self, seconds: float | None, said: frozenset[str]) -> bool:
        """Whether the lease is to be said, so long after the last time: who is new waits a second, who is gone for the renewal."""
        if seconds is None or seconds >= self._timings.renew_pictures_seconds:
            return True
        return seconds >= self._timings.look_for_pictures_seconds and not said.issuperset(self._cameras)

    def _take(self, answer: AgentAnswer, jpeg: bytes) -> None:
        if answer.ends:
            raise CannotAsk(answer.problem or f"the agent of node {self.whom.node} sends no more pictures")
        told = answer.picture
        if told is None or told.camera not in self._cameras:
            return
        now = self._clock.monotonic()
        self._lateness, late_seconds = self._lateness.after(told.clock_ms / 1000, now)
        self._memory.take((told.camera, self._width), told, jpeg, late_seconds, now)
