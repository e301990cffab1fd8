"""What a decision asks for. Notes are done at once; what is sent is acknowledged, or not, and that is told back."""

from dataclasses import dataclass

from controller.model import ObjectRef
from controller.picture.events import EventType
from controller.publish.admission import Answer
from controller.publish.published import Sent
from crds.messages import AgentCommand, AgentConfig

FLEET = ObjectRef("Fleet", "fleet")


@dataclass(frozen=True)
class Tell:
    """An event for people, and for the log."""

    type: EventType
    reason: str
    """A CamelCase word for programs."""
    message: str
    subject: ObjectRef = FLEET


@dataclass(frozen=True)
class Log:
    """A line that stands in the log alone."""

    type: EventType
    message: str
    error: Exception | None = None
    """A bug that was met, for its traceback."""


@dataclass(frozen=True)
class KeepLastGood:
    """Keep on disk that the revision in force is that, and then a copy of it, as the state has it by then."""


@dataclass(frozen=True)
class KeepKeys:
    """Keep on disk which key each node must sign with, as the state has it by then."""


@dataclass(frozen=True)
class Fetch:
    """Look at the source of the manifests now."""


Note = Tell | Log | KeepLastGood | KeepKeys | Fetch


@dataclass(frozen=True)
class Publish:
    """A new generation of a node."""

    config: AgentConfig
    node_name: str
    before: Sent | None
    """What was known of the node's newest record when this was decided."""


@dataclass(frozen=True)
class PublishAgain:
    """The newest generation of a node once more, the same bytes."""

    sent: Sent
    """As it will be known when it was acknowledged."""
    before: Sent
    """As it was known when this was decided."""


@dataclass(frozen=True)
class Admit:
    """The answer to a greeting: admitted or refused."""

    command: AgentCommand
    answer: Answer


@dataclass(frozen=True)
class AskAgents:
    """Every agent shall greet and report now."""

    why: str


Send = Publish | PublishAgain | Admit | AskAgents


@dataclass(frozen=True)
class Acknowledged:
    """It lies on the topic."""

    send: Send
    packed: bytes = b""
    """Of a new generation: the bytes that lie there, see `Sent.packed`."""


@dataclass(frozen=True)
class Unacknowledged:
    """It may or may not lie on the topic."""

    send: Send
    message: str


@dataclass(frozen=True)
class TooLarge:
    """The topic does not take it, now or later."""

    send: Publish
    message: str


Outcome = Acknowledged | Unacknowledged | TooLarge
