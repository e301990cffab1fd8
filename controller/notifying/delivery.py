"""Tells one endpoint what waits for it, again and again until it is heard. Nobody waits for it."""

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type, wait_exponential

from controller.actions import Tell
from controller.notifying.answers_of_endpoints import Verdict, seconds_to_wait, verdict_on, words_for
from controller.notifying.backlog import Backlog, Batch
from controller.notifying.happening import Happening
from controller.notifying.messages import Message, message_of
from controller.notifying.post import Post, Unreachable
from controller.notifying.signing import BadSecret, secrets_in, signed
from controller.notifying.webhooks_file import WebhookEndpoint
from controller.picture.conditions import timestamp
from controller.picture.events import EventType
from ports.ports import Ports

FIRST_DELAY_SECONDS: Final = 1.0
LONGEST_DELAY_SECONDS: Final = 60.0
_TOLD_AFTER_ATTEMPTS: Final = 3
"""Before people are told that an endpoint does not answer: many restart once in a while."""
FAILING: Final = "WebhookFailing"
_log = logging.getLogger("controller.notifying")


class NotYet(Exception):  # noqa: N818 - what happened
    """The message was not taken, and is tried again."""

    def __init__(self, message: str, wait_seconds: float | None = None) -> None:
        super().__init__(message)
        self.wait_seconds = wait_seconds
        """By the word of the endpoint."""


@dataclass(frozen=True)
class Tally:
    """What became of events until now, since the controller began."""

    delivered: int = 0
    refused: int = 0
    """By an endpoint that takes no such message."""
    lost: int = 0
    """That had no room."""
    failure: str = ""
    """Why the newest attempt failed; empty when it did not."""
    failing_since: datetime | None = None
    is_gone: bool = False
    """True once the endpoint said that it takes nothing any more (410)."""


@dataclass
class Delivery:
    """One endpoint, what waits for it, and what became of the rest.

    Attributes:
        backlog: what waits.
        tally: what became of the rest.
    """

    endpoint: WebhookEndpoint
    fleet_id: str
    folder: Path
    """Where names of files begin."""
    post: Post
    ports: Ports
    tell: Callable[[Tell], None]
    changed: Callable[[], None]
    """Called when something else waits."""
    backlog: Backlog = field(default_factory=Backlog)
    tally: Tally = field(default_factory=Tally)
    _wake: asyncio.Event = field(default_factory=asyncio.Event)
    _is_told: bool = False
    """True when people were told that the endpoint fails, and not yet that it does no longer."""

    def take(self, happenings: Iterable[tuple[Happening, Mapping[str, str]]]) -> None:
        """Has the endpoint told of events that it wants.

        Args:
            happenings: each with the labels of its object.
        """
        wanted = [one for one, labels in happenings if self.endpoint.events.fits(one, labels)]
        if wanted and not self.tally.is_gone:
            lost = self.backlog.lost
            self.backlog = self.backlog.taking(wanted)
            self.tally = replace(self.tally, lost=self.tally.lost + self.backlog.lost - lost)
            self._wake.set()
            self.changed()

    async def run(self) -> None:
        """Tells what waits and what comes, until it is cancelled or the endpoint is gone."""
        retrying = AsyncRetrying(
            retry=retry_if_exception_type(NotYet), wait=self._delay, before_sleep=self._told_of_failure
        )
        while not self.tally.is_gone:
            while self.backlog.is_empty:
                self._wake.clear()
                await self._wake.wait()
            await retrying(self._once)
            await asyncio.sleep(self.endpoint.gather_seconds)

    def shown(self) -> Mapping[str, Any]:
        """How it does, for `/fleet/v1/status`."""
        tally = self.tally
        state = "Gone" if tally.is_gone else "Failing" if tally.failure else "Delivering"
        return {
            "name": self.endpoint.name,
            "to": self.endpoint.target.origin,
            "state": state,
            "waiting": len(self.backlog.waiting),
            "delivered": tally.delivered,
            "refused": tally.refused,
            "lost": tally.lost,
            "message": tally.failure,
            "since": timestamp(tally.failing_since) if tally.failing_since else None,
        }

    async def _once(self) -> None:
        # Taken anew for each attempt: who answers after an hour hears what is so now.
        batch, now = self.backlog.batch(self.endpoint.most_in_a_batch), self.ports.clock.now()
        message = message_of(batch, self.endpoint.form, self.fleet_id, self.endpoint.name, timestamp(now))
        headers = await self._headers(message, now)
        endpoint = self.endpoint
        ca_file = self.folder / endpoint.ca_file if endpoint.ca_file else None
        try:
            posted = await self.post(
                endpoint.target, headers, message.body, ca_file=ca_file, timeout_seconds=endpoint.timeout_seconds
            )
        except Unreachable as error:
            raise NotYet(str(error)) from None
        verdict, said = verdict_on(posted.status), words_for(posted.status)
        if verdict is Verdict.LATER:
            raise NotYet(said, seconds_to_wait(posted.retry_after, self.ports.clock.now()))
        self._done(batch, verdict, said)

    async def _headers(self, message: Message, now: datetime) -> Mapping[str, str]:
        secrets: tuple[bytes, ...] = ()
        token: Mapping[str, str] = {}
        if self.endpoint.secret_file:
            try:
                secrets = secrets_in(await self._content(self.endpoint.secret_file))
            except BadSecret as error:
                raise NotYet(f"{self.endpoint.secret_file} cannot be used: {error}") from None
        if self.endpoint.token_file:
            text = (await self._content(self.endpoint.token_file)).strip()
            if not text.isascii() or not text.isprintable() or not text or " " in text:
                raise NotYet(f"{self.endpoint.token_file} cannot be used: one line with a token is expected")
            token = {"Authorization": f"Bearer {text}"}
        signature = signed(secrets, message.message_id, int(now.timestamp()), message.body)
        return {"Content-Type": message.content_type, "User-Agent": "fleet-controller", **signature, **token}

    async def _content(self, name: str) -> str:
        """Of a file that holds a secret: read for each message, so that one that was changed is followed."""
        try:
            return (await self.ports.threads.run(self.ports.disk.read, self.folder / name)).decode()
        except OSError as error:
            raise NotYet(f"{name} cannot be read: {error.strerror}") from None
        except UnicodeDecodeError:
            raise NotYet(f"{name} cannot be used: it is not text in UTF-8") from None

    def _done(self, batch: Batch, verdict: Verdict, said: str) -> None:
        name, tally, count = self.endpoint.name, self.tally, len(batch.happenings)
        was_told = tally.failure and self._is_told
        self._is_told = False
        self.backlog = self.backlog.without(batch)
        match verdict:
            case Verdict.TOLD:
                self.tally = replace(tally, delivered=tally.delivered + count, failure="", failing_since=None)
                if was_told:
                    self.tell(Tell(EventType.NORMAL, "WebhookDelivering", f"Webhook {name} takes messages again"))
            case Verdict.REFUSED:
                self.tally = replace(tally, refused=tally.refused + count, failure="", failing_since=None)
                text = f"Webhook {name} refuses messages for good ({said}): {count} events were not told to it"
                self.tell(Tell(EventType.WARNING, "WebhookRefused", text))
            case _:
                lost = tally.lost + count + len(self.backlog.waiting)
                self.tally = replace(tally, lost=lost, failure=said, failing_since=self.ports.clock.now(), is_gone=True)
                self.backlog = Backlog()
                text = (
                    f"Webhook {name} is gone ({said}): nothing is told to it until the file of the webhooks is changed"
                )
                self.tell(Tell(EventType.WARNING, "WebhookGone", text))
        self.changed()

    def _delay(self, state: RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        asked = error.wait_seconds if isinstance(error, NotYet) else None
        longest = wait_exponential(multiplier=FIRST_DELAY_SECONDS, max=LONGEST_DELAY_SECONDS)(state)
        own = self.ports.dice.uniform(longest / 2, longest)
        return own if asked is None else max(asked, FIRST_DELAY_SECONDS)

    def _told_of_failure(self, state: RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome else None
        since = self.tally.failing_since or self.ports.clock.now()
        self.tally = replace(self.tally, failure=str(error), failing_since=since)
        if state.attempt_number == _TOLD_AFTER_ATTEMPTS:
            self._is_told = True
            text = f"Webhook {self.endpoint.name} takes no messages, which wait for it: {error}"
            self.tell(Tell(EventType.WARNING, FAILING, text))
        elif state.attempt_number == 1:
            _log.warning("webhook %s: %s; it is tried again", self.endpoint.name, error)
