"""One member of the consumer group that answers the tasks of one kind.

Each task is answered at least once: its offset is committed when the broker has acknowledged the answer. What asks for tasks
must therefore take the second answer to a task for what it is. One task is worked on at a time; while that takes long, the group
hears of us now and then, so that a slow model is not taken for a dead one.

Partitions are never paused for that: librdkafka (2.16 at least) may leave them paused for good when the group is sorted out anew
before they are resumed, as it is after an outage (https://github.com/confluentinc/librdkafka/issues/5591).
"""

import logging
import threading
import time
from collections import deque
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Final

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, Producer, TopicPartition

from tasks.kafka_settings import BrokerLink, KafkaAddress, consumer_settings, producer_settings
from tasks.limits import ImageLimits
from tasks.wire import (
    USUAL_ID_BYTES,
    Answer,
    ModelNotice,
    NamedModel,
    TaskFailure,
    WireError,
    decode_task,
    encode_model,
    encode_result,
    headers_of_result,
    kind_topics,
    models_topic,
)
from tasks.worker.answering import TaskModel, answer_image
from tasks.worker.attempts import MOST_ATTEMPTS, Attempts

_LOG = logging.getLogger(__name__)

_POLL_S: Final = 0.1
# Without a look at the consumer for so long a member is taken for dead; the default of Kafka.
MAX_SILENCE_S: float = 300.0
# While a task takes long, the consumer is looked after when it has taken this long, then twice and four times as long, and so on
# until the looks are as rare as they may be. Each may fetch one task more, which has to be kept.
_FIRST_LOOK_S: Final = 0.5
_LOOKS_PER_SILENCE: Final = 5
# So long a task may still take when we are asked to leave; then it is given back.
_FINISH_S: Final = 1.0
_SEND_AGAIN_S: Final = 1.0
# Who is not heard to leave is missed a few minutes later all the same.
_FAREWELL_S: Final = 0.2
ANNOUNCE_EVERY_S: Final = 60.0

_Place = tuple[str, int]
"""Topic and partition."""


@dataclass
class _Work:
    """The task in hand.

    Attributes:
        message: That asked for it.
        term: The assignment of the partition that it came with; a later one is somebody else's business.
        task_id: Of the task.
        future: The answer, once it is there.
        began_s: When, in monotonic seconds.
        sent: Whether the answer was given to the producer.
        acknowledged: Whether the broker has it.
        failure: Why the broker did not take it.
        look_in_s: After how many seconds since it began the consumer is looked after.
    """

    message: Message
    term: int
    task_id: int
    future: "Future[Answer]"
    began_s: float = field(default_factory=time.monotonic)
    sent: bool = False
    acknowledged: bool = False
    failure: KafkaError | None = None
    look_in_s: float = _FIRST_LOOK_S


class TaskWorker:
    """Takes tasks of the model's kind and answers them, until it is asked to stop."""

    def __init__(
        self,
        address: KafkaAddress,
        model: TaskModel,
        limits: ImageLimits,
        stop: threading.Event,
        *,
        id_bytes: int = USUAL_ID_BYTES,
        worker: str = "",
        host: str = "",
    ) -> None:
        """Connects to nothing yet.

        Args:
            address: The brokers.
            model: Gives the answers.
            limits: Of the pictures that it is given.
            stop: Asks us to leave.
            id_bytes: Of a task's id.
            worker: What this process calls itself.
            host: Name of its machine.

        Raises:
            KafkaException: If librdkafka refuses its settings.
        """
        self._model, self._limits, self._stop, self._id_bytes = model, limits, stop, id_bytes
        self._topics = kind_topics(model.kind, address.prefix)
        self._models_topic = models_topic(address.prefix)
        self._notice = ModelNotice(
            model.kind, model.identity.name, model.labels, digest=model.identity.digest, worker=worker, host=host
        )
        name = f"fleet-{model.kind}-worker"
        self._link = BrokerLink(name)
        settings = consumer_settings(address, self._link, name, self._topics.worker_group)
        self._consumer = Consumer({**settings, "max.poll.interval.ms": int(MAX_SILENCE_S * 1000)})
        # No time-out: an answer is kept until the broker takes it, and meanwhile no other task is begun.
        self._producer = Producer(
            producer_settings(address, self._link, name, message_timeout_s=0, max_image_bytes=limits.image_bytes)
        )
        self._attempts = Attempts(self._consumer)
        self._model_thread = ThreadPoolExecutor(1, thread_name_prefix=f"{model.kind}-model")
        self._terms: dict[_Place, int] = {}
        self._last_term = 0
        self._fetched: deque[Message] = deque()
        self._work: _Work | None = None
        self._announce_at_s = 0.0

    def run(self) -> None:
        """Works until it is asked to stop, and leaves the group then.

        Raises:
            KafkaException: If the client is beyond repair.
        """
        self._consumer.subscribe(
            [self._topics.tasks], on_assign=self._on_assign, on_revoke=self._on_revoke, on_lost=self._on_lost
        )
        while not self._stop.is_set():
            self._announce()
            self._step()
        deadline_s = time.monotonic() + _FINISH_S
        while self._work is not None and time.monotonic() < deadline_s:
            self._step()
        self._leave()

    def _step(self) -> None:
        if self._work is not None:
            self._go_on(self._work)
        else:
            message = self._fetched.popleft() if self._fetched else self._consumer.poll(_POLL_S)
            if message is None:
                self._link.look(self._consumer)
            elif self._is_task(message):
                self._begin(message)
            self._producer.poll(0)

    def _leave(self) -> None:
        if self._work is not None:
            _LOG.info("task=%d given back unfinished", self._work.task_id)
            self._attempts.give_back(_place(self._work.message))
        self._model_thread.shutdown(wait=False, cancel_futures=True)
        if not self._link.is_away:
            self._tell(replace(self._notice, leaving=True))
            self._producer.flush(_FAREWELL_S)
        self._consumer.close()

    # --- one task ---

    def _is_task(self, message: Message) -> bool:
        error = message.error()
        if error is None:
            self._link.works()
            return True
        if error.fatal():
            raise KafkaException(error)
        if error.code() == KafkaError.UNKNOWN_TOPIC_OR_PART:
            _LOG.warning("topic %s is not there yet; the task service makes it", self._topics.tasks)
        else:
            _LOG.warning("reading tasks: %s", error.str())
        return False

    def _begin(self, message: Message) -> None:
        place = _place(message)
        try:
            task_id, image = decode_task(message.value(), self._id_bytes)
        except WireError as error:
            _LOG.warning("dropped offset %s of %s [%d]: %s", message.offset(), *place, error)
            self._commit_behind(message)
            return
        attempt = self._attempts.begin(place, message.offset() or 0)
        if attempt > MOST_ATTEMPTS:
            future: Future[Answer] = Future()
            future.set_result(TaskFailure(f"{MOST_ATTEMPTS} workers died while they looked at this picture"))
        else:
            future = self._model_thread.submit(answer_image, image, self._model, self._limits)
        self._work = _Work(message, self._terms.get(place, 0), task_id, future)

    def _go_on(self, work: _Work) -> None:
        if not work.sent:
            self._send_when_answered(work)
        else:
            self._producer.poll(_POLL_S)
        if work.acknowledged:
            self._finish(work)
        elif work.failure is not None:
            self._send_again(work)
        elif time.monotonic() - work.began_s > work.look_in_s:
            work.look_in_s += min(work.look_in_s, MAX_SILENCE_S / _LOOKS_PER_SILENCE)
            self._stay_in_group()

    def _send_when_answered(self, work: _Work) -> None:
        try:
            answer = work.future.result(_POLL_S)
        except TimeoutError:
            return
        took_ms = (time.monotonic() - work.began_s) * 1000
        if isinstance(answer, TaskFailure):
            _LOG.warning("task=%d %s: no answer: %s", work.task_id, self._model.kind, answer.error)
        else:
            _LOG.info("task=%d %s: %d found in %.0f ms", work.task_id, self._model.kind, len(answer), took_ms)
        self._send(work, answer)

    def _send(self, work: _Work, answer: Answer) -> None:
        def delivered(error: KafkaError | None, _message: Message) -> None:
            work.failure = error
            work.acknowledged = error is None

        # The key of the task is that of its answer: what asked for it may have put something of its own there.
        value, key = encode_result(work.task_id, answer, self._id_bytes), work.message.key()
        headers = headers_of_result(NamedModel(self._notice.name, self._notice.digest))
        self._producer.produce(self._topics.results, value=value, key=key, headers=headers, on_delivery=delivered)
        work.sent = True
        self._producer.poll(_POLL_S)

    def _send_again(self, work: _Work) -> None:
        """Tries once more; without a time-out, what failed is the broker's refusal and no outage."""
        _LOG.error("task=%d the answer was refused: %s", work.task_id, work.failure.str() if work.failure else "")
        if work.failure is not None and work.failure.fatal():
            raise KafkaException(work.failure)
        work.failure = None
        self._stop.wait(_SEND_AGAIN_S)
        self._send(work, work.future.result())

    def _finish(self, work: _Work) -> None:
        self._link.works()
        place = _place(work.message)
        if self._terms.get(place) == work.term:
            # The first one's commit is waited for: if it died with the next task, this one would be counted for it.
            self._commit_behind(work.message, wait=self._attempts.counts(place))
            self._attempts.finished(place)
        self._work = None

    def _commit_behind(self, message: Message, *, wait: bool = False) -> None:
        topic, partition = _place(message)
        behind = TopicPartition(topic, partition, (message.offset() or 0) + 1)
        try:
            if wait:
                self._consumer.commit(offsets=[behind], asynchronous=False)
            else:
                self._consumer.commit(offsets=[behind], asynchronous=True)
        except KafkaException as error:
            # What is lost of it is done again, and a later commit overtakes it anyway.
            _LOG.debug("offset of %s [%d] is not committed: %s", topic, partition, error)

    # --- the group ---

    def _stay_in_group(self) -> None:
        message = self._consumer.poll(0)
        if message is not None and self._is_task(message):
            self._fetched.append(message)

    def _on_assign(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        for partition in partitions:
            self._last_term += 1
            self._terms[partition.topic, partition.partition] = self._last_term
        consumer.incremental_assign(partitions)
        self._link.works()
        _LOG.info("%s: %d partitions", self._topics.tasks, len(self._terms))

    def _on_revoke(self, _consumer: Consumer, partitions: list[TopicPartition]) -> None:
        if self._work is not None and _place(self._work.message) in _places(partitions):
            self._attempts.give_back(_place(self._work.message))
        self._forget(partitions)

    def _on_lost(self, _consumer: Consumer, partitions: list[TopicPartition]) -> None:
        _LOG.warning(
            "%s: the group could not be reached in time; it may have given our partitions away", self._topics.tasks
        )
        self._forget(partitions)

    def _forget(self, partitions: Iterable[TopicPartition]) -> None:
        gone = _places(partitions)
        for place in gone:
            self._terms.pop(place, None)
            self._attempts.forget(place)
        self._fetched = deque(message for message in self._fetched if _place(message) not in gone)

    def _announce(self) -> None:
        # After an outage at once: the service may have taken us for gone.
        if time.monotonic() >= self._announce_at_s and not self._link.is_away:
            self._announce_at_s = time.monotonic() + ANNOUNCE_EVERY_S
            self._tell(self._notice)

    def _tell(self, notice: ModelNotice) -> None:
        self._producer.produce(self._models_topic, value=encode_model(notice), key=f"{notice.kind}/{notice.name}")


def _place(message: Message) -> _Place:
    return message.topic() or "", message.partition() or 0


def _places(partitions: Iterable[TopicPartition]) -> set[_Place]:
    return {(partition.topic, partition.partition) for partition in partitions}
