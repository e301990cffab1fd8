"""Where messages lie until Kafka takes them: the clients, the thread that hears what became of messages, and what is said of it."""

import functools
import logging
import re
import threading
import time
from collections.abc import Callable
from typing import Final

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from pipeline.messages import client_settings
from pipeline.messages.client_settings import KEPT
from pipeline.messages.delivery import Delivery, DeliveryTally, Lane, Turn
from pipeline.messages.payloads import Payload, encode, key_of

Headers = list[tuple[str, str | bytes | None]]

_LOG = logging.getLogger(__name__)

# How often acknowledgements are taken in; the client keeps them meanwhile.
_POLL_S: Final = 0.2

# Whoever closes waits this much longer than the flush may take, for the thread that flushes.
_FAREWELL_S: Final = 0.2

# What the client says when it gave a message up, rather than what a broker says of it or its topic.
_GIVEN_UP: Final = frozenset({KafkaError._MSG_TIMED_OUT, KafkaError._PURGE_QUEUE, KafkaError._PURGE_INFLIGHT})  # noqa: SLF001 - public names

# The broker's word, and what the client says from then on.
_MISSING_TOPIC: Final = frozenset({KafkaError.UNKNOWN_TOPIC_OR_PART, KafkaError._UNKNOWN_TOPIC})  # noqa: SLF001 - a public name

_USERINFO: Final = re.compile(r"[^,/]*@")


class LaneProducers:
    """Hands messages to Kafka clients; any thread may call.

    Nothing is connected, and no thread runs, before the first message. Each lane has a client of its own, which keeps its
    messages, within bounds, while no broker takes them.
    """

    def __init__(self, bootstrap_servers: str) -> None:
        self._bootstrap_servers = bootstrap_servers
        self._lock = threading.Lock()
        self._tally = DeliveryTally()
        self._producers: dict[Lane, Producer] = {}
        self._settlers = {lane: functools.partial(self._settled, lane) for lane in Lane}
        self._thread: threading.Thread | None = None
        self._closing = threading.Event()
        self._flush_until_s = 0.0
        self._said: set[tuple[str, str]] = set()

    def post(
        self, lane: Lane, topic: str, device_id: str, make: Callable[[], Payload], headers: Headers | None = None
    ) -> None:
        """Has a message made and sends it; it neither waits nor raises.

        Args:
            lane: With what it shares its room.
            topic: Where it goes.
            device_id: Of the camera that it is about.
            make: Makes it, in this thread, unless it would only be dropped.
            headers: What is told beside it.
        """
        try:
            self._post(lane, topic, device_id, make, headers)
        except Exception:  # noqa: BLE001 - the camera goes on, whatever it is, and so do the frame's other messages
            with self._lock:
                self._tally.skipped()
            if self._is_news(topic, "unexpected"):
                _LOG.exception("device=%s no message for topic %s; said once", device_id, topic)

    def delivery(self) -> Delivery:
        """Returns what became of the messages so far."""
        with self._lock:
            return self._tally.delivery()

    def close(self, timeout_s: float) -> None:
        """Sends what is kept, for so long at most, and ends; what is posted from now on is dropped."""
        self._flush_until_s = time.monotonic() + timeout_s
        with self._lock:
            self._closing.set()
            thread = self._thread
        if thread is not None:
            thread.join(timeout_s + _FAREWELL_S)

    def _post(
        self, lane: Lane, topic: str, device_id: str, make: Callable[[], Payload], headers: Headers | None
    ) -> None:
        with self._lock:
            producer = self._producer(lane) if self._tally.is_open(lane) else None
            if producer is None:
                self._tally.skipped()
                return
        value = encode(make())
        with self._lock:
            self._tally.accepted(lane, time.monotonic())
        try:
            producer.produce(topic, value, key_of(device_id), on_delivery=self._settlers[lane], headers=headers)
        except BufferError:
            self._drop(lane)
        except KafkaException as error:
            self._drop(lane)
            self._say_refused(topic, error.args[0])
        except BaseException:
            # Or it would count as waiting for ever.
            self._drop(lane)
            raise

    def _producer(self, lane: Lane) -> Producer | None:
        """Returns the client of a lane, which is made when it is first asked for; None once there are to be none any more."""
        if self._closing.is_set():
            return None
        if lane not in self._producers:
            settings = client_settings.of_lane(lane, self._bootstrap_servers)
            self._producers[lane] = Producer(settings, error_cb=self._complained, logger=_SILENCE)
        if self._thread is None:
            # A daemon: leaving must not wait for a client that looks up the name of a broker.
            self._thread = threading.Thread(target=self._serve, name="messages", daemon=True)
            self._thread.start()
        return self._producers[lane]

    def _drop(self, lane: Lane) -> None:
        with self._lock:
            self._tally.expired(lane)

    def _is_news(self, topic: str, trouble: str) -> bool:
        with self._lock:
            is_new = (topic, trouble) not in self._said
            self._said.add((topic, trouble))
        return is_new

    # --- in the thread ---

    def _serve(self) -> None:
        while not self._closing.wait(_POLL_S):
            self._take_in()
        for lane in Lane:
            if lane in self._producers:
                self._producers[lane].flush(max(0.0, self._flush_until_s - time.monotonic()))
        waiting = self.delivery().waiting
        if waiting:
            _LOG.warning("kafka=%s %d messages not taken in time; dropped", self._address(), waiting)
        for producer in self._producers.values():
            producer.purge()
            producer.poll(0)
        self._producers.clear()

    def _take_in(self) -> None:
        with self._lock:
            producers = tuple(self._producers.values())
        for producer in producers:
            producer.poll(0)
        with self._lock:
            turn = self._tally.look(time.monotonic())
        if turn is not None:
            self._say_turned(turn)

    def _settled(self, lane: Lane, error: KafkaError | None, message: Message) -> None:
        now_s = time.monotonic()
        with self._lock:
            if error is None:
                self._tally.delivered(lane, now_s)
            elif error.code() in _GIVEN_UP:
                self._tally.expired(lane)
            else:
                self._tally.refused(lane, now_s)
        if error is not None and error.code() not in _GIVEN_UP:
            self._say_refused(message.topic() or "", error)

    def _complained(self, error: KafkaError) -> None:
        # That all brokers are down follows what is wrong with the last of them, and says less.
        if error.code() != KafkaError._ALL_BROKERS_DOWN:  # noqa: SLF001 - a public name
            with self._lock:
                # Not the text of this very error: it names addresses.
                self._tally.complained(_words(error))

    # --- what is said ---

    def _say_turned(self, turn: Turn) -> None:
        if turn.connected:
            _LOG.info("kafka=%s takes messages again; %d were dropped meanwhile", self._address(), turn.dropped)
            return
        _LOG.warning(
            "kafka=%s takes no messages (%s); the cameras go on; kept meanwhile: counts and states for %d s%s",
            self._address(),
            turn.reason or "no answer",
            KEPT[Lane.COUNTS].seconds,
            f", objects for {KEPT[Lane.OBJECTS].seconds} s" if turn.was_there else "",
        )

    def _say_refused(self, topic: str, error: KafkaError) -> None:
        is_missing = error.code() in _MISSING_TOPIC
        if not self._is_news(topic, "missing" if is_missing else error.name()):
            return
        if is_missing:
            _LOG.warning(
                "kafka=%s has no topic %s: make it; until then its messages are dropped", self._address(), topic
            )
        else:
            _LOG.warning(
                "kafka=%s topic %s: %s; such messages are dropped; said once", self._address(), topic, _words(error)
            )

    def _address(self) -> str:
        return _USERINFO.sub("***@", self._bootstrap_servers)


def _words(error: KafkaError) -> str:
    """What a code of the client means, in its words."""
    return KafkaError(error.code()).str().removeprefix("Local: ").removeprefix("Broker: ")


def _silence() -> logging.Logger:
    """Where the client's own lines go: nowhere, and not up to our log either."""
    logger = logging.getLogger(f"{__name__}.librdkafka")
    logger.propagate = False
    logger.disabled = True
    return logger


_SILENCE: Final = _silence()
