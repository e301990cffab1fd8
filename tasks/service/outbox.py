"""Hands stored tasks to Kafka. A task is stored first and sent then, so no crash and no outage of the broker loses it."""

import logging
import threading
import time
from collections.abc import Mapping
from typing import Final

from confluent_kafka import KafkaError, KafkaException, Message, Producer
from sqlalchemy.exc import SQLAlchemyError

from tasks.kafka_settings import BrokerLink, KafkaAddress, producer_settings
from tasks.service.database import reason_without_secrets
from tasks.service.image_files import ImageFiles
from tasks.service.task_store import ClaimedTask, TaskStore
from tasks.topics import RETENTION_S, TopicsNotReady, ensure_topics
from tasks.wire import encode_task, kind_topics

_LOG = logging.getLogger(__name__)

# Claims outlive the messages made of them, or a second service would send what the first one still tries to.
_MESSAGE_TIMEOUT_S: Final = 20.0
_CLAIM_S: Final = 60.0
# So many pictures are in memory at once, of 20 MB at worst.
_BATCH: Final = 8
# Another service's tasks, and claims of one that died, are found by looking; our own wake us.
_LOOK_S: Final = 1.0
_TRY_AGAIN_S: Final = 2.0
_POLL_S: Final = 0.1
_SWEEP_EVERY_S: Final = 3600.0
# Of so many tasks is remembered that it was said that their picture cannot be read; then all are said again.
_MOST_REMEMBERED: Final = 10_000


class Outbox:
    """Sends tasks whose next step is due, oldest first, until it is asked to stop."""

    def __init__(
        self,
        address: KafkaAddress,
        store: TaskStore,
        files: ImageFiles,
        *,
        id_bytes: int,
        partitions: int,
        max_image_bytes: int,
    ) -> None:
        """Connects to nothing yet.

        Args:
            address: The brokers.
            store: Where the tasks are.
            files: Where their pictures are.
            id_bytes: Of a task's id in messages.
            partitions: Of topics that have to be made.
            max_image_bytes: Of the largest picture.

        Raises:
            KafkaException: If librdkafka refuses its settings.
        """
        self._address, self._store, self._files = address, store, files
        self._id_bytes, self._partitions, self._max_image_bytes = id_bytes, partitions, max_image_bytes
        self.link = BrokerLink("task service, sending")
        self._producer = Producer(
            producer_settings(
                address,
                self.link,
                "fleet-task-service",
                message_timeout_s=_MESSAGE_TIMEOUT_S,
                max_image_bytes=max_image_bytes,
            )
        )
        self._wake = threading.Event()
        self._said = ""
        self._unreadable: set[int] = set()
        self._sweep_at_s = 0.0

    def wake(self) -> None:
        """There is something to send."""
        self._wake.set()

    def run(self, stop: threading.Event) -> None:
        """Sends until it is asked to stop."""
        while not stop.is_set():
            try:
                ensure_topics(self._address, partitions=self._partitions, max_image_bytes=self._max_image_bytes)
            except (TopicsNotReady, KafkaException) as error:
                self._say(f"tasks wait for their topics: {error}")
                stop.wait(_TRY_AGAIN_S)
            else:
                self._say("")
                break
        while not stop.is_set():
            try:
                self._wake.clear()
                self._sweep()
                if not self._send_some(stop):
                    self.link.look(self._producer)
                    self._wake.wait(_LOOK_S)
                self._producer.poll(0)
            except SQLAlchemyError as error:
                self._say(f"tasks wait for the database: {reason_without_secrets(error)}")
                stop.wait(_TRY_AGAIN_S)
            except OSError as error:
                self._say(f"tasks wait: {error}")
                stop.wait(_TRY_AGAIN_S)

    def _send_some(self, stop: threading.Event) -> bool:
        """Returns whether there was anything to send."""
        claimed = self._store.claim(_BATCH, _CLAIM_S)
        if not claimed:
            return False
        delivered: set[ClaimedTask] = set()
        refused: dict[ClaimedTask, KafkaError] = {}
        for task in claimed:
            self._produce(task, delivered, refused)
        self._wait_for_all(stop)
        self._store.mark_sent(delivered)
        self._give_up_too_large(refused)
        # Those with an unreadable picture stay claimed for a while, or they would be taken first, again and again.
        left = [task for task in claimed if task not in delivered and task.task_id not in self._unreadable]
        self._store.give_back(left)
        if delivered:
            self.link.works()
            self._say("")
        elif refused:
            self._say(f"tasks wait: Kafka: {next(iter(refused.values())).str()}")
            stop.wait(_TRY_AGAIN_S)
        return True

    def _produce(self, task: ClaimedTask, delivered: set[ClaimedTask], refused: dict[ClaimedTask, KafkaError]) -> None:
        def on_delivery(error: KafkaError | None, _message: Message) -> None:
            if error is None:
                delivered.add(task)
            else:
                refused[task] = error

        try:
            image = self._files.read(task.image)
        except FileNotFoundError:
            # Deleted meanwhile, with its task; or by hand, and then somebody has to be told.
            self._store.fail(task, "the picture is gone from the service's folder")
            return
        except OSError as error:
            self._remember_unreadable(task.task_id, error)
            return
        self._unreadable.discard(task.task_id)
        topic = kind_topics(task.step.kind, self._address.prefix).tasks
        value = encode_task(task.task_id, image, self._id_bytes)
        while True:
            try:
                self._producer.produce(topic, value=value, key=task.message_key, on_delivery=on_delivery)
            except BufferError:
                self._producer.poll(_POLL_S)
            except KafkaException as error:
                refused[task] = error.args[0]
                return
            else:
                return

    def _remember_unreadable(self, task_id: int, error: OSError) -> None:
        """Says it once per task; the others go on, and this one is tried again when its claim has ended."""
        if task_id in self._unreadable:
            return
        if len(self._unreadable) >= _MOST_REMEMBERED:
            self._unreadable.clear()
        self._unreadable.add(task_id)
        _LOG.warning("task=%d waits: its picture cannot be read: %s", task_id, error)

    def _give_up_too_large(self, refused: Mapping[ClaimedTask, KafkaError]) -> None:
        """A limit of Kafka's was lowered since; no later attempt could succeed, and others wait behind these."""
        for task, error in refused.items():
            if error.code() == KafkaError.MSG_SIZE_TOO_LARGE:
                self._store.fail(task, "the picture is larger than messages to Kafka may be")

    def _wait_for_all(self, stop: threading.Event) -> None:
        """Waits until Kafka has taken or refused everything; when asked to stop, what is left is given back and sent again."""
        while len(self._producer) and not stop.is_set():
            self._producer.flush(_POLL_S)
        if stop.is_set():
            self._producer.purge()
            self._producer.flush(_POLL_S)

    def _sweep(self) -> None:
        if time.monotonic() < self._sweep_at_s:
            return
        self._sweep_at_s = time.monotonic() + _SWEEP_EVERY_S
        expired = self._store.fail_older_than(RETENTION_S, "no worker took this task in time")
        orphans = self._files.sweep(self._store.images_of_tasks)
        if expired or orphans:
            _LOG.info("gave up %d tasks that no worker took, removed %d pictures without a task", expired, orphans)

    def _say(self, text: str) -> None:
        """Logs what is the matter once, and once that it is over."""
        if text != self._said:
            _LOG.warning("%s", text) if text else _LOG.info("tasks are sent again")
        self._said = text
