"""What the controller answers to those who ask it through its API."""

from typing import Any

from bus.base import Bus, Topic
from bus.codec import encode_plain
from controller import decide, known_agents
from controller.key_keeper import KeyKeeper
from controller.knowledge import Knowledge
from controller.picture.picture import Picture
from controller.picture.placed import PlacedInstance, placed_instances
from crds.messages import Refresh, UpdateConfig
from ports.clock import Clock


class Answers:
    """Implements `controller.api.control.FleetControl`.

    Args:
        knowledge: what the controller knows.
        picture: what is shown of it.
        bus: where requests go.
        keys: keeps on disk whom to believe.
        clock: tells the time.
    """

    def __init__(self, knowledge: Knowledge, picture: Picture, bus: Bus, keys: KeyKeeper, clock: Clock) -> None:
        self._knowledge = knowledge
        self._picture = picture
        self._bus = bus
        self._keys = keys
        self._clock = clock

    @property
    def caught_up(self) -> bool:
        """True when the topics were read to their ends: what the API shows is then the whole fleet."""
        return self._knowledge.state.caught_up

    def status(self) -> dict[str, Any]:
        """The answer of `/fleet/v1/status`."""
        return self._picture.status(self._knowledge.state)

    def placed_instances(self) -> dict[str, PlacedInstance]:
        """Every instance as its node was told it last, or will be told, by name."""
        return placed_instances(self._knowledge.state.plan, self._knowledge.state.published.configs)

    async def approve(self, revision: str) -> str:
        """Approves the parked revision, named by its id or the beginning of it.

        Raises:
            ApproveRefused: no such revision is parked.
        """
        state, notes, said = decide.approve(self._knowledge.state, revision)
        self._knowledge.become(state, notes)
        self._knowledge.wake.set()
        return said

    async def trust(self, node: str, key: str) -> str:
        """Has a node known by a key, named by its fingerprint or itself, from now on.

        Raises:
            TrustRefused: with the reason.
            OSError: it holds now, and will not after a restart: the disk does not take it.
        """
        state, notes, said = known_agents.trust(self._knowledge.state, node, key, self._clock.now())
        self._knowledge.become(state, notes)
        self._knowledge.wake.set()
        await self._keys.store(self._knowledge)
        return said

    async def update(self, desc: str) -> None:
        """Asks every controller, by topic 300, to reconcile now.

        Raises:
            PublishFailed: the brokers did not take it.
        """
        await self._bus.publish(Topic.UPDATE_CONFIG, key=None, value=encode_plain(UpdateConfig(desc=desc)))

    async def refresh(self, desc: str) -> None:
        """Asks every agent, by topic 301, to greet and report now.

        Raises:
            PublishFailed: the brokers did not take it.
        """
        await self._bus.publish(Topic.REFRESH, key=None, value=encode_plain(Refresh(desc=desc)))
