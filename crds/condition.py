"""Conditions as Kubernetes has them: type, status, reason, message and the time of the last transition."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Self

from crds.document import UtcTime, WireModel


class ConditionStatus(StrEnum):
    """The three values of a condition; Unknown means that nobody has looked recently enough to say."""

    TRUE = "True"
    FALSE = "False"
    UNKNOWN = "Unknown"


class Condition(WireModel):
    """One statement about an object. `reason` is a CamelCase word for programs, `message` a sentence for people."""

    type: str
    status: ConditionStatus
    reason: str
    message: str = ""
    last_transition_time: UtcTime

    def since(self, previous: Iterable[Self]) -> Self:
        """This condition with the transition time of its predecessor, when the status is still the same."""
        for old in previous:
            if old.type == self.type and old.status == self.status:
                return self.model_copy(update={"last_transition_time": old.last_transition_time})
        return self
