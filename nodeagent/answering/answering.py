"""Keeps a task for each lease in force."""

import asyncio
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

from bus.base import Bus
from bus.signature import SigningKey
from crds.asking import LOGS, PICTURES, SERIES, SNAPSHOT, Lease, PicturesAsked, SeriesAsked, SnapshotAsked
from crds.instance_config import InstanceConfig
from crds.messages import AgentCommand, AgentInfo
from nodeagent.answering import leases as decisions
from nodeagent.answering.channel import Channel
from nodeagent.answering.leases import Leases, Verdict
from nodeagent.answering.log_answers import LogAnswers, LogSources
from nodeagent.answering.series_parts import series_parts
from nodeagent.answering.usage import used_between
from nodeagent.engines.base import Driver
from nodeagent.folders.base import InstanceFolders
from nodeagent.model import ObservedInstance, Transient
from nodeagent.reporter.series import Series
from nodeagent.timings import Timings
from ports.ports import Ports

if TYPE_CHECKING:
    from nodeagent.answering.picture_answers import PictureAnswers
    from nodeagent.answering.picture_source import PictureSource
    from nodeagent.apps.pictures import TakePicture

_log = logging.getLogger(__name__)

_NOT_RENEWED = "nobody has renewed what was asked for"
_NO_SERIES = "its agent has not counted a whole minute of this camera yet"
_BUG = "its agent met an error: see its log"


class Answering:
    """Without a lease it has no task, and does nothing."""

    def __init__(
        self,
        *,
        bus: Bus,
        key: SigningKey,
        identity: AgentInfo,
        driver: Driver,
        folders: InstanceFolders,
        seen: Callable[[str], ObservedInstance | None],
        wanted: Callable[[], tuple[InstanceConfig, ...]],
        series: Callable[[str, str], Series | None],
        take_picture: "TakePicture | None" = None,
        ports: Ports,
        timings: Timings,
    ) -> None:
        """Answers nothing yet.

        Args:
            bus: where answers go.
            key: the key of this node.
            identity: who answers, with its run.
            driver: has the logs and counters.
            folders: know the secrets of instances.
            seen: an instance as it was seen last.
            wanted: the instances that the node is to run.
            series: how a camera did, by the names of its instance and of itself.
            take_picture: asks an app what a camera shows; None for its REST interface.
            ports: the time, and threads in which texts are masked.
            timings: how often usage is told.
        """
        self._bus = bus
        self._key = key
        self._identity = identity
        self._driver = driver
        self._series = series
        self._clock = ports.clock
        self._timings = timings
        self._redact = folders.redacted
        self._threads = ports.threads
        self._sources = LogSources(driver.log, self._redacted, seen, self._is_wanted)
        self._seen = seen
        self._wanted = wanted
        self._take_picture = take_picture
        self._pictures: PictureSource | None = None
        self._of_pictures: dict[int, PictureAnswers] = {}
        self._leases = Leases()
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._channels: dict[int, Channel] = {}
        self._last_words: set[asyncio.Task[None]] = set()
        self._expiry: asyncio.TimerHandle | None = None

    @property
    def is_idle(self) -> bool:
        """True while there is no lease, and nothing left of one."""
        return not (self._tasks or self._channels or self._leases.held or self._last_words or self._expiry)

    def take(self, command: AgentCommand) -> None:
        """Takes a command of kind ASK."""
        lease = command.lease
        if lease is None:
            return
        self._leases, verdict, why = decisions.take(
            self._leases, lease, self._identity.boot_id, self._clock.monotonic()
        )
        _log.debug("lease %d of %s: %s %s", lease.number, lease.what, verdict, why)
        match verdict:
            case Verdict.BEGINS:
                channel = self._channels[lease.number] = self._channel(lease)
                task = self._tasks[lease.number] = asyncio.create_task(self._answer(lease, channel))
                task.add_done_callback(lambda _: self._forget(lease.number))
            case Verdict.RENEWED if lease.number in self._channels:
                self._channels[lease.number].allow(lease.credit)
                if lease.pictures is not None and lease.number in self._of_pictures:
                    self._of_pictures[lease.number].ask(lease.pictures)
            case Verdict.ENDS:
                self._cancel(lease.number)
            case Verdict.REFUSED:
                self._say_last(self._channel(lease), why)
        self._look_at_expiry()

    async def aclose(self) -> None:
        """Ends all of it, without a word."""
        tasks = (*self._tasks.values(), *self._last_words)
        for task in tasks:
            task.cancel()
        if self._expiry is not None:
            self._expiry.cancel()
            self._expiry = None
        await asyncio.gather(*tasks, return_exceptions=True)

    def _channel(self, lease: Lease) -> Channel:
        return Channel(bus=self._bus, key=self._key, identity=self._identity, lease=lease, clock=self._clock)

    async def _answer(self, lease: Lease, channel: Channel) -> None:
        try:
            if lease.what == LOGS and lease.logs is not None:
                _log.info("somebody looks at the log of instance %s", lease.logs.instance)
                await LogAnswers(lease.logs, channel, self._sources, self._clock).run()
            elif lease.what == PICTURES and lease.pictures is not None:
                await self._send_pictures(lease.number, lease.pictures, channel)
            elif lease.what == SERIES and lease.series is not None:
                await self._tell_series(lease.series, channel)
            elif lease.what == SNAPSHOT and lease.snapshot is not None:
                await self._send_snapshot(lease.snapshot, channel)
            else:
                await self._tell_usage(channel)
        except Transient as error:
            await channel.end(str(error))
        except Exception:  # noqa: BLE001 - what is only looked at may not take down what looks after it
            _log.exception("lease %d of %s cannot be answered", lease.number, lease.what)
            await channel.end(_BUG)

    async def _tell_series(self, asked: SeriesAsked, channel: Channel) -> None:
        found = self._series(asked.instance, asked.camera_id)
        if found is None:
            await channel.end(_NO_SERIES)
            return
        for part in series_parts(found):
            await channel.send(series=part)
        await channel.end()

    async def _tell_usage(self, channel: Channel) -> None:
        before, at = await self._driver.usage(), self._clock.monotonic()
        await channel.send()
        pause_seconds = self._timings.first_usage_seconds
        while True:
            await asyncio.sleep(pause_seconds)
            after, now = await self._driver.usage(), self._clock.monotonic()
            await channel.send(usage=used_between(before, after, max(now - at, 0.001)))
            before, at, pause_seconds = after, now, self._timings.usage_every_seconds

    async def _send_pictures(self, number: int, asked: PicturesAsked, channel: Channel) -> None:
        # Here, since few agents are asked for pictures, and what takes them takes memory.
        from nodeagent.answering.picture_answers import PictureAnswers  # noqa: PLC0415 - see above

        source = self._source_of_pictures()
        held = self._leases.held.get(number)
        newest = held.lease.pictures if held is not None and held.lease.pictures is not None else asked
        answers = self._of_pictures[number] = PictureAnswers(newest, channel, source, self._clock)
        await answers.run()

    async def _send_snapshot(self, asked: SnapshotAsked, channel: Channel) -> None:
        from nodeagent.answering.snapshot_answer import send_snapshot  # noqa: PLC0415 - few agents are asked for one

        await send_snapshot(asked, channel, self._source_of_pictures(), self._clock)

    def _source_of_pictures(self) -> "PictureSource":
        from nodeagent.answering.picture_source import PictureSource  # noqa: PLC0415 - few agents are asked for them
        from nodeagent.apps.pictures import take_picture  # noqa: PLC0415 - the same

        if self._pictures is None:
            self._pictures = PictureSource(
                wanted=self._wanted,
                seen=self._seen,
                take=self._take_picture or take_picture,
                holder_of=self._driver.port_holder,
                redacted=self._redacted,
                clock=self._clock,
            )
        return self._pictures

    async def _redacted(self, instance: str, text: str) -> str:
        return await self._threads.run(self._redact, instance, text)

    def _is_wanted(self, name: str) -> bool:
        return any(one.instance_name == name for one in self._wanted())

    # --- how leases end ----------------------------------------------------------------------------------------------

    def _forget(self, number: int) -> None:
        """Its task is done, whatever the reason."""
        self._tasks.pop(number, None)
        self._channels.pop(number, None)
        self._of_pictures.pop(number, None)
        if number in self._leases.held:
            self._leases = self._leases.without([number])
        self._look_at_expiry()

    def _cancel(self, number: int) -> None:
        if task := self._tasks.get(number):
            task.cancel()

    def _say_last(self, channel: Channel, problem: str) -> None:
        task = asyncio.create_task(channel.end(problem))
        self._last_words.add(task)
        task.add_done_callback(self._last_words.discard)

    def _look_at_expiry(self) -> None:
        if self._expiry is not None:
            self._expiry.cancel()
        next_end = self._leases.next_end
        self._expiry = None
        if next_end is not None:
            seconds = max(0.0, next_end - self._clock.monotonic())
            self._expiry = asyncio.get_running_loop().call_later(seconds, self._expire)

    def _expire(self) -> None:
        self._expiry = None
        for number in self._leases.expired(self._clock.monotonic()):
            self._leases = self._leases.without([number])
            if channel := self._channels.get(number):
                self._say_last(channel, _NOT_RENEWED)
            self._cancel(number)
        self._look_at_expiry()
