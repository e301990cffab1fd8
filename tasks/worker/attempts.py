"""Counts how often workers have begun a task, so that a picture that kills them does not do so for ever.

A worker that dies has committed everything before the task that killed it. So whoever gets the partition next begins
with that very task, and it is enough to count the beginnings of the first task after each assignment. The count travels as the
metadata of the committed offset: Kafka keeps it, and it needs no place of its own.
"""

import logging
from typing import Final

from confluent_kafka import Consumer, KafkaException, TopicPartition

_LOG = logging.getLogger(__name__)

# More than a rolling restart of the workers needs, few enough for the others in the queue to wait for.
MOST_ATTEMPTS: Final = 3

_WORD: Final = "attempt "
_ANSWER_S: Final = 5.0

_Place = tuple[str, int]
"""Topic and partition."""


class Attempts:
    """The count of the tasks in hand; used by the thread that polls the consumer."""

    def __init__(self, consumer: Consumer) -> None:
        """Counts with the offsets of this consumer's group."""
        self._consumer = consumer
        self._proven: set[_Place] = set()
        self._begun: dict[_Place, tuple[int, int]] = {}

    def begin(self, place: _Place, offset: int) -> int:
        """Counts that a task is begun, and returns how many times it was, this one included."""
        if place in self._proven:
            return 1
        before = self._counted(place, offset)
        self._begun[place] = (offset, before)
        self._count(place, offset, before + 1)
        return before + 1

    def counts(self, place: _Place) -> bool:
        """Whether the task in hand is the first one of this partition, which is the one that is counted."""
        return place in self._begun

    def finished(self, place: _Place) -> None:
        """The task was answered: the first one of this partition has killed nobody."""
        self._begun.pop(place, None)
        self._proven.add(place)

    def give_back(self, place: _Place) -> None:
        """The task in hand is left for others, and this attempt was none."""
        if place in self._begun:
            self._count(place, *self._begun.pop(place))

    def forget(self, place: _Place) -> None:
        """The partition is no longer ours."""
        self._proven.discard(place)
        self._begun.pop(place, None)

    def _counted(self, place: _Place, offset: int) -> int:
        try:
            (committed,) = self._consumer.committed([TopicPartition(*place)], timeout=_ANSWER_S)
        except KafkaException as error:
            _LOG.debug("attempts of %s [%d] are not known: %s", *place, error)
            return 0
        metadata = committed.metadata or ""
        if committed.offset != offset or not metadata.startswith(_WORD):
            return 0
        count = metadata.removeprefix(_WORD)
        return int(count) if count.isascii() and count.isdecimal() else 0

    def _count(self, place: _Place, offset: int, attempts: int) -> None:
        try:
            self._consumer.commit(
                offsets=[TopicPartition(*place, offset, f"{_WORD}{attempts}")],
                asynchronous=False,
            )
        except KafkaException as error:
            _LOG.debug("attempts of %s [%d] are not kept: %s", *place, error)
