"""Reads what workers answer, and stores it. What is read is committed when it is stored, so no answer is lost."""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from typing import Final

from confluent_kafka import TIMESTAMP_LOG_APPEND_TIME, Consumer, KafkaError, KafkaException, Message, TopicPartition
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, SQLAlchemyError, StatementError

from tasks.kafka_settings import BrokerLink, KafkaAddress, consumer_settings
from tasks.service.database import reason_without_secrets
from tasks.service.known_models import HeardNotice, KnownModels
from tasks.service.task_store import ReceivedAnswer, TaskStore
from tasks.wire import (
    TaskFailure,
    TaskKind,
    WireError,
    decode_model,
    decode_result,
    kind_topics,
    model_in,
    models_topic,
)

_LOG = logging.getLogger(__name__)

_GROUP: Final = "task-service"
_BATCH: Final = 200
_POLL_S: Final = 0.2
_TRY_AGAIN_S: Final = 1.0

_Read = ReceivedAnswer | HeardNotice


class ResultReader:
    """A member of the group of all services on one database; each answer is given to one of them."""

    def __init__(
        self,
        address: KafkaAddress,
        store: TaskStore,
        models: KnownModels,
        *,
        id_bytes: int,
        stored: Callable[[], None] = lambda: None,
    ) -> None:
        """Connects to nothing yet.

        Args:
            address: The brokers.
            store: Where answers go.
            models: Where goes what workers tell of themselves.
            id_bytes: Of a task's id in messages.
            stored: Is called when answers were stored: the next steps of their tasks may be due.

        Raises:
            KafkaException: If librdkafka refuses its settings.
        """
        self._store, self._models, self._id_bytes, self._stored = store, models, id_bytes, stored
        self.link = BrokerLink("task service, reading")
        self._kinds = {kind_topics(kind, address.prefix).results: kind for kind in TaskKind}
        self._models_topic = models_topic(address.prefix)
        settings = consumer_settings(address, self.link, "fleet-task-service", address.prefix + _GROUP)
        self._consumer = Consumer(settings)

    def run(self, stop: threading.Event) -> None:
        """Reads until it is asked to stop.

        Raises:
            KafkaException: If the client is beyond repair.
        """
        self._consumer.subscribe([*self._kinds, self._models_topic])
        try:
            while not stop.is_set():
                messages = self._consumer.consume(_BATCH, _POLL_S)
                if not messages:
                    self.link.look(self._consumer)
                good = [message for message in messages if self._is_record(message)]
                if good and self._store_all(good, stop):
                    self._commit(good)
        finally:
            self._consumer.close()

    def _is_record(self, message: Message) -> bool:
        error = message.error()
        if error is None:
            self.link.works()
            return True
        if error.fatal():
            raise KafkaException(error)
        if error.code() != KafkaError.UNKNOWN_TOPIC_OR_PART:  # the outbox is about to make them
            _LOG.warning("reading results: %s", error.str())
        return False

    def _store_all(self, messages: Sequence[Message], stop: threading.Event) -> bool:
        """Stores what the messages say, however long the database is away; returns False if it could not until we stop."""
        read = [content for content in map(self._read, messages) if content is not None]
        said = False
        while True:
            try:
                self._store_together(read)
            except SQLAlchemyError as error:
                if not said:
                    _LOG.warning("answers wait for the database: %s", reason_without_secrets(error))
                said = True
                if stop.wait(_TRY_AGAIN_S):
                    return False
            else:
                return True

    def _store_together(self, read: Sequence[_Read]) -> None:
        try:
            self._store_one_transaction(read)
        except SQLAlchemyError as error:
            if not _is_of_the_row(error):
                raise
            # One of them is what the database cannot keep: it must not take the others with it.
            if len(read) == 1:
                _LOG.warning("skipped an answer that cannot be stored: %s", type(error).__name__)
                return
            for one in read:
                self._store_together([one])

    def _store_one_transaction(self, read: Sequence[_Read]) -> None:
        answers = [content for content in read if isinstance(content, ReceivedAnswer)]
        notices = [content for content in read if isinstance(content, HeardNotice)]
        if answers:
            stored = self._store.answer(answers)
            self._stored()
            for received in stored:
                if isinstance(received.answer, TaskFailure):
                    _LOG.info("task=%d failed: %s", received.task_id, received.answer.error)
            if len(stored) != len(answers):
                _LOG.info("%d answers to tasks that are answered already, or not here", len(answers) - len(stored))
        if notices:
            self._models.hear(notices)

    def _read(self, message: Message) -> _Read | None:
        topic = message.topic() or ""
        try:
            if topic == self._models_topic:
                return HeardNotice(decode_model(message.value()), _told_s(message))
            kind = self._kinds[topic]
            task_id, answer = decode_result(kind, message.value(), self._id_bytes)
        except WireError as error:
            _LOG.warning("skipped offset %s of %s [%s]: %s", message.offset(), topic, message.partition(), error)
            return None
        key = message.key()
        message_key = None if key is None else key.decode("utf-8", "replace")
        model = model_in(message.headers() or ())
        return ReceivedAnswer(kind, task_id, message_key, answer, model.name, model.digest)

    def _commit(self, messages: Sequence[Message]) -> None:
        behind = {(message.topic(), message.partition()): (message.offset() or 0) + 1 for message in messages}
        places = [TopicPartition(topic or "", partition or 0, offset) for (topic, partition), offset in behind.items()]
        try:
            self._consumer.commit(offsets=places, asynchronous=True)
        except KafkaException as error:
            # They are read once more, and change nothing then.
            _LOG.debug("not committed: %s", error)


def _told_s(message: Message) -> float:
    """When the broker got it: what it kept while no service ran must not make workers look alive that are gone since.

    Topics that were made by an earlier release have the times of the workers' own clocks, and those may be wrong.
    """
    kind, told_ms = message.timestamp()
    now_s = time.time()
    return min(now_s, told_ms / 1000) if kind == TIMESTAMP_LOG_APPEND_TIME else now_s


def _is_of_the_row(error: SQLAlchemyError) -> bool:
    """Whether the values that were to be stored are to blame.

    All else is of the database: it is away, or read-only after a failover, or a table or a right is missing; it may be as it
    should be later, and what was skipped would be lost.
    """
    if isinstance(error, DBAPIError):
        return isinstance(error, DataError | IntegrityError)
    return isinstance(error, StatementError)  # a value that could not be made ready for the driver
