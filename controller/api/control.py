"""What the paths of our own ask of the controller."""

from collections.abc import Mapping
from typing import Any, Protocol

from controller.evicting import Eviction
from controller.model import ObjectRef, Position
from controller.picture.brief import Brief
from controller.picture.placed import PlacedInstance
from crds.messages import CommandKind


class FleetControl(Protocol):
    """The controller, as its API sees it."""

    def status(self) -> dict[str, Any]:
        """How the controller itself is: plain JSON data."""
        ...

    def brief(self) -> Brief:
        """How the fleet is, in a few words that cost nothing to make."""
        ...

    def placed_instances(self) -> Mapping[str, PlacedInstance]:
        """Every instance that is on a node, by name."""
        ...

    def where(self, ref: ObjectRef) -> Position | None:
        """Where the manifest of an object begins, as it was read last, with the file relative to the source; None when it stands in none."""
        ...

    async def approve(self, revision: str) -> str:
        """Lets a parked revision through, removals and all.

        Returns:
            A sentence for people.

        Raises:
            controller.model.ApproveRefused: with the reason.
        """
        ...

    async def trust(self, node: str, key: str) -> str:
        """Has a node known by a key from now on, and by no other.

        Args:
            node: the name of its manifest.
            key: the key, or the fingerprint of an agent that greets as this node.

        Returns:
            A sentence for people.

        Raises:
            controller.model.TrustRefused: with the reason.
            OSError: it holds until a restart: the disk does not take it.
        """
        ...

    async def order(self, kind: CommandKind, node: str, instance: str) -> str:
        """Has a node take over, or end, what an earlier agent has left on its machine.

        Args:
            kind: ADOPT or CLEAN.
            node: the name of its manifest.
            instance: the instance that is meant; empty for all that the node tells of.

        Returns:
            A sentence for people.

        Raises:
            controller.model.OrderRefused: with the reason.
            PublishFailed: the request could not be published.
        """
        ...

    async def hold(self, instance: str, reason: str) -> str:
        """Keeps the agent's hands off an instance.

        Returns:
            A sentence for people.

        Raises:
            controller.model.HoldRefused: with the reason.
            OSError: it cannot be kept on disk.
        """
        ...

    async def release(self, instance: str) -> str:
        """Takes such a request back; raises and returns as `hold` does."""
        ...

    async def evict(self, instance: str, *, dry_run: bool) -> Eviction:
        """Has an instance run on another node.

        Args:
            instance: its name.
            dry_run: True to be told what would become of it.

        Returns:
            The move, once it was published.

        Raises:
            controller.model.EvictionRefused: it stays where it is.
        """
        ...

    async def update(self, desc: str) -> None:
        """Asks for a look at everything now (topic 300).

        Raises:
            PublishFailed: the request could not be published.
        """
        ...

    async def refresh(self, desc: str) -> None:
        """Asks every agent to greet and report again (topic 301).

        Raises:
            PublishFailed: the request could not be published.
        """
        ...
