"""One Kafka producer, with a thread that serves its acknowledgements."""

import asyncio
import logging
import threading
from collections.abc import Mapping
from typing import Any

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from bus.client_log import client_logger

_POLL_S = 0.1
"""How long it waits at a time for an acknowledgement."""
_IDLE_S = 10.0
"""Between two looks for what librdkafka has to say while nothing is on its way."""


class Writer:
    """Sends records in the order in which they are given."""

    def __init__(self, settings: Mapping[str, Any], flush_seconds: float, logger: logging.Logger) -> None:
        """Makes the producer; it connects by itself.

        Args:
            settings: of the producer.
            flush_seconds: how long what is queued may still be sent when it is closed.
            logger: takes our lines and those of librdkafka.

        Raises:
            KafkaException: librdkafka refuses the settings.
        """
        self.broken = False
        """True when librdkafka will not send with this producer any more."""
        self._flush_seconds = flush_seconds
        self._logger = logger
        self._loop = asyncio.get_running_loop()
        self._settled = asyncio.Event()
        self._closing = threading.Event()
        self._wanted = threading.Event()
        """Set when the thread has something to do."""
        self._producer = Producer(dict(settings), error_cb=self._on_error, logger=client_logger(logger))
        self._thread = threading.Thread(target=self._run, name="kafka-writer", daemon=True)
        self._thread.start()

    async def write(self, name: str, partition: int, key: str | None, value: bytes | None) -> None:
        """Returns when the record is acknowledged.

        Raises:
            KafkaException: it was not.
        """
        acknowledged: asyncio.Future[None] = self._loop.create_future()

        def delivered(error: KafkaError | None, _message: Message) -> None:
            try:
                self._loop.call_soon_threadsafe(self._settle, acknowledged, error)
            except RuntimeError:  # the loop was closed without closing us
                self._closing.set()

        while not self._closing.is_set():
            try:
                self._producer.produce(name, value=value, key=key, partition=partition, on_delivery=delivered)
                self._wanted.set()
                break
            except BufferError:  # the queue is full, so something in it will be settled
                self._settled.clear()
                await self._settled.wait()
            except KafkaException as error:
                self._note(error.args[0])
                raise
        else:
            raise KafkaException(KafkaError(KafkaError._DESTROY))  # noqa: SLF001 - that is its public name
        await acknowledged

    def abandon(self) -> None:
        """Lets the thread end, without waiting for it."""
        self._closing.set()
        self._wanted.set()

    async def aclose(self) -> None:
        """Sends what is queued, for a few seconds at most, and ends the thread."""
        self.abandon()
        await asyncio.to_thread(self._thread.join, self._flush_seconds + 1)

    def _settle(self, acknowledged: "asyncio.Future[None]", error: KafkaError | None) -> None:
        self._settled.set()
        if error is not None:
            self._note(error)
        if acknowledged.done():  # nobody waits for it any more
            return
        if error is None:
            acknowledged.set_result(None)
        else:
            acknowledged.set_exception(KafkaException(error))

    def _note(self, error: KafkaError) -> None:
        self.broken = self.broken or error.fatal()

    # --- in the thread ---

    def _on_error(self, error: KafkaError) -> None:
        self._note(error)
        self._logger.debug("producer: %s", error.str())

    def _run(self) -> None:
        while not self._closing.is_set():
            self._wanted.wait(_IDLE_S)
            self._wanted.clear()
            self._producer.poll(0)
            while len(self._producer) and not self._closing.is_set():
                self._producer.poll(_POLL_S)
        if self._producer.flush(self._flush_seconds):
            self._producer.purge()
            self._producer.poll(0)  # tells those who wait for what was purged
