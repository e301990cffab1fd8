"""The port that every driver implements; `tests/engines` holds all of them to the same contract."""

from collections.abc import AsyncIterator, Callable, Collection
from typing import Protocol

from crds.instance_config import InstanceConfig
from nodeagent.engines.counters import UsageCounters
from nodeagent.engines.log_lines import LogPiece, LogRange
from nodeagent.model import Leftover, ObservedInstance, PortHolder
from nodeagent.operations import Drift, Op


class Driver(Protocol):
    """Runs instances. Only what carries the labels of this fleet and this node is ever seen or touched (invariant S5).

    Every method may raise Transient; `perform` also raises Permanent and Waiting.
    """

    name: str
    """How `fleet agent --driver` names it."""

    async def observe(self) -> dict[str, ObservedInstance]:
        """All instances of this fleet and node, running or not, by name.

        Raises:
            Transient: the engine cannot be asked now. Never an empty answer instead (invariant S3).
        """
        ...

    async def images(self, references: Collection[str]) -> dict[str, str]:
        """The ids of the images from which instances would be made now, by the references to them.

        Left out are images that are not on this node, and all of them where instances are made from none. A tag can be
        moved at any time, and then its reference means another image.
        """
        ...

    async def drift(self, configs: Collection[InstanceConfig]) -> dict[str, tuple[Drift, ...]]:
        """What somebody else changed of these instances, by name: all that their forms determine, beside what there is.

        What the engine chooses where a form says nothing is no drift, and so is nothing that `perform` has made. It is
        about what the last `observe` saw; instances without drift, or that were not seen, are left out. Values of the
        environment are never told.

        Args:
            configs: the forms that the instances are known to be made in.
        """
        ...

    async def perform(self, op: Op) -> None:
        """Does PullImage, Create, Start, Stop or Remove; returns when it is done, or was already so.

        Create makes a container with all labels and does not start it; for a process, which cannot exist without
        running, it does nothing. Start starts it, if it does not run. Stop asks, by the stop signal that it was made
        with, and kills after `op.timeout_seconds`; the container stays. Remove takes a stopped one away, a running one by force.
        Stop and Remove touch only `op.runtime_id`, when that is given: never a newer incarnation of the same name.

        Adopt makes a leftover an instance of this node from now on, for this driver and all after it, by the note `Applied`;
        nothing of it is stopped.

        SetBack undoes in a running one what its `drift` names, and restarts nothing.

        Start writes the note `Applied`, at a moment that no crash can make it wrong, also about what runs already. A cancelled PullImage or Stop
        returns at once; the others, which take a moment, end first: what is observed next then includes what they did.

        Raises:
            Transient: may work later.
            Permanent: cannot work until the desired state changes, such as an image reference that is none.
            Waiting: waits for something outside.
        """
        ...

    async def leftovers(self, lives: Callable[[str], bool]) -> tuple[Leftover, ...]:
        """What is here of this fleet under the ids of other nodes, none of which lives; sorted by node and instance.

        What another fleet runs is neither seen nor touched, nor is what `observe` shows.

        Args:
            lives: whether a node, by its id, has an agent on this machine.
        """
        ...

    async def clean(self, leftover: Leftover) -> None:
        """Stops and removes a leftover; "it is gone" is success. Anything else that has its id by now is not touched."""
        ...

    async def port_holder(self, port: int, runtime_id: str | None = None) -> PortHolder | None:
        """Who listens on a port of this machine; None when nobody does, or the kernel does not show it to this user.

        When several do, it is one that is not the runtime.

        Args:
            port: the port.
            runtime_id: who is expected to.
        """
        ...

    def events(self) -> AsyncIterator[str]:
        """Names of instances to which something happened, as it happens: started, left, was removed, frozen or changed.

        An iterator that ends or raises is opened again by the agent; nothing depends on having seen every event.
        """
        ...

    async def output(self, instance: str, lines: int) -> str:
        """The last lines that the instance wrote to its standard output and error; empty when there is none."""
        ...

    def log(self, instance: str, wanted: LogRange) -> AsyncIterator[LogPiece]:
        """The lines of the newest run of an instance, or of what ran before it, oldest first; secrets and all.

        The first piece comes as soon as the log is open, perhaps without lines. With `follow` it goes on, within a second or so of what is written, until the run ends. Who takes no more makes the engine wait
        and no memory grow. To be closed by who does not read it to its end.

        Raises:
            NoLog: there is no such run.
            Transient: the engine does not answer.
        """
        ...

    async def usage(self) -> UsageCounters:
        """What this machine, and the instances that run, have used so far.

        Raises:
            Transient: the kernel or the engine does not say.
        """
        ...

    async def aclose(self) -> None:
        """Gives back connections and threads. Instances go on."""
        ...
