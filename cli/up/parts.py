"""The parts of a fleet on one machine: which there are, how each is started, and in which order they end."""

import asyncio
import contextlib
import signal
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from bus.signature import AGENT_KEY_FILE, SigningKey
from cli.parts_options import split_listen
from cli.up.cameras import (
    Simulated,
    not_simulated,
    simulated,
    simulation_change,
    why_no_clip,
    write_cameras_file,
)
from cli.up.children import Child
from cli.up.layout import StateDirectory
from cli.up.preflight import is_free
from cli.up.settings import Settings
from controller.kept_keys import FILE_NAME as AGENT_KEYS_FILE
from controller.kept_keys import KeyFile
from crds.camera import Camera
from crds.node import Node
from ports.disk import RealDisk

_BROKER_START_SECONDS = 15.0
_KEY_START_SECONDS = 30.0
# An app has 20 s to leave by default; its agent gets more.
_AGENT_STOP_SECONDS = 30.0
_STOP_SECONDS = 6.0
_POLL_SECONDS = 0.02


class Parts:
    """Starts, watches and ends the parts."""

    def __init__(self, settings: Settings, state: StateDirectory, say: Callable[[str], None]) -> None:
        """Starts nothing yet."""
        self._settings, self._state, self._say = settings, state, say
        self._door = 0
        self._broker = Child(
            "broker",
            "cli.up.broker",
            lambda: [str(state.broker_address), "", str(self._door)],
            state.logs / "broker.log",
            say,
            before_restart=self._broker_died,
        )
        self._controller = self._fleet_part("controller", self._controller_arguments, state.logs / "controller.log")
        self._agents: dict[str, Child] = {}
        self._simulators: dict[int, Child] = {}
        self._simulated: Simulated = {}
        self._not_simulated: dict[str, str] = {}
        self._taken: dict[int, str] = {}
        self._rewiring: asyncio.Task[None] | None = None

    @property
    def node_ids(self) -> tuple[str, ...]:
        """The nodes that have an agent here."""
        return tuple(self._agents)

    async def start(self, nodes: Iterable[Node], cameras: Iterable[Camera]) -> None:
        """Starts everything, each part as soon as what it needs is there."""
        self._state.broker_address.unlink(missing_ok=True)
        self._door = self._free_door()
        self._broker.start()
        self.simulate(cameras)
        await _until(self._state.broker_address.exists, _BROKER_START_SECONDS)
        nodes = tuple(nodes)
        self.trust(nodes)
        self._controller.start()
        await _until(self._controller_key.exists, _KEY_START_SECONDS)
        for node in nodes:
            self.add_agent(node)

    def trust(self, nodes: Iterable[Node]) -> None:
        """Tells a controller that is about to start the keys of its agents: nobody else is ever believed."""
        keys = {node.node_id: self.key_of(node) for node in nodes}
        KeyFile(self._state.controller / AGENT_KEYS_FILE, RealDisk()).store(keys)

    def key_of(self, node: Node) -> str:
        """The public key of the agent of a node, which is made here when it has none yet."""
        return SigningKey.load_or_create(self._state.agent(node.node_id) / AGENT_KEY_FILE).public_key_hex

    def has_agent(self, node: Node) -> bool:
        """True when an agent was started for a node."""
        return node.node_id in self._agents

    def _free_door(self) -> int:
        """The port for apps to find the broker at; 0 when it is somebody else's, or nobody wants one."""
        port = self._settings.kafka_port
        if port and (why := is_free("127.0.0.1", port)):
            self._say(
                f"the embedded broker is not at port {port}: {why}; what apps tell Kafka at localhost:{port} goes there"
            )
            return 0
        return port

    def add_agent(self, node: Node) -> bool:
        """Starts an agent for a node; False when there is one already."""
        if node.node_id in self._agents:
            return False
        log = self._state.logs / f"agent-{node.name}.log"
        agent = self._fleet_part(f"agent {node.name}", lambda: self._agent_arguments(node), log)
        self._agents[node.node_id] = agent
        agent.start()
        return True

    def _fleet_part(self, name: str, arguments: Callable[[], Sequence[str]], log: Path) -> Child:
        return Child(name, "cli", arguments, log, self._say, hidden_variables=self._settings.hidden_variables)

    def simulate(self, cameras: Iterable[Camera]) -> None:
        """Simulates the cameras whose addresses are on this machine, and these alone; those simulated already go on.

        When there are none at all, everything stays: so it looks while a controller that was started anew reads its
        manifests.
        """
        cameras = tuple(cameras)
        self._say_not_simulated(cameras)
        wanted = simulated(cameras, self._settings.secrets_dir, self._settings.clips)
        for port in sorted(wanted.keys() | self._simulated.keys()) if wanted else ():
            paths, known = wanted.get(port, {}), self._simulated.get(port, {})
            if paths == known:
                continue
            if port not in self._simulators and (why := self._why_taken(port)):
                if self._taken.get(port) != why:
                    self._say(f"no cameras are simulated on port {port}, which stands in their addresses: {why}")
                self._taken[port] = why  # it is tried again at the next look
                continue
            self._simulated[port] = paths
            file = self._state.root / f"cameras-{port}.json"
            write_cameras_file(file, paths)
            if port in self._simulators or self._taken.pop(port, ""):
                self._say(simulation_change(port, known, paths))
            if port in self._simulators:
                self._simulators[port].signal(signal.SIGHUP)  # it reads the file again
            else:
                self._simulators[port] = self._simulator(port, file)
                self._simulators[port].start()

    def _why_taken(self, port: int) -> str | None:
        """Why nothing can be simulated on a port; None where it can. Other parts may not listen yet at what is theirs."""
        if port == split_listen(self._settings.listen)[1]:
            return "that is the port of the API"
        if port == self._door:
            return "that is the port of the embedded broker"
        return is_free("127.0.0.1", port)

    def _say_not_simulated(self, cameras: Iterable[Camera]) -> None:
        cameras = tuple(cameras)
        obstacles = {name: f"is not simulated: {why}" for name, why in not_simulated(cameras).items()}
        if self._settings.driver == "process":  # in a container it is another file system
            obstacles |= {camera.name: f"shows nothing: {why}" for camera in cameras if (why := why_no_clip(camera))}
        for name, why in sorted(obstacles.items()):
            if self._not_simulated.get(name) != why:
                self._say(f"camera {name} {why}")
        self._not_simulated = obstacles

    def _simulator(self, port: int, file: Path) -> Child:
        clips = self._state.root / "clips"
        clips.mkdir(exist_ok=True)
        arguments = ["--port", str(port), "--cameras-file", str(file), "--clip-dir", str(clips)]
        log = self._state.logs / f"cameras-{port}.log"
        return Child(f"simulated cameras on port {port}", "simulator", lambda: arguments, log, self._say)

    def bound_logs(self) -> None:
        """Keeps the logs from filling the disk."""
        for child in (self._broker, self._controller, *self._simulators.values(), *self._agents.values()):
            child.bound_log()

    def _broker_died(self) -> None:
        self._state.broker_address.unlink(missing_ok=True)
        self._rewiring = asyncio.create_task(self._rewire())

    async def _rewire(self) -> None:
        """The new broker has another port: whoever was told the old one starts anew, and nothing that runs is stopped."""
        await _until(self._state.broker_address.exists, _BROKER_START_SECONDS + 30)
        for child in (self._controller, *self._agents.values()):
            child.restart()

    async def stop(self, hurry: asyncio.Event) -> None:
        """Ends everything: agents with their instances first, the broker last."""
        if self._rewiring:
            self._rewiring.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._rewiring
        gently = await asyncio.gather(*(one.stop(_AGENT_STOP_SECONDS, hurry) for one in self._agents.values()))
        if not all(gently):
            self._say("an agent had to be killed: sweeping up what it ran")
        for group in ([self._controller], [*self._simulators.values()], [self._broker]):
            await asyncio.gather(*(one.stop(_STOP_SECONDS, hurry) for one in group))
        self._state.broker_address.unlink(missing_ok=True)

    @property
    def _controller_key(self) -> Path:
        return self._state.controller / "controller.pub"

    def _bootstrap(self) -> list[str]:
        try:
            address = self._state.broker_address.read_text(encoding="utf-8")
        except OSError:
            address = "127.0.0.1:9"  # the broker is gone; `_rewire` starts this part again when it is back
        return ["--bootstrap-servers", address, "--fleet-id", self._settings.fleet_id, "--embedded-broker-client"]

    def _controller_arguments(self) -> list[str]:
        settings = self._settings
        options = ["--manifests", str(settings.manifests), "--state-dir", str(self._state.controller)]
        options.append("--anonymous-loopback")  # the table asks for what it shows, and so does who tries things out
        return ["controller", *options, "--listen", settings.listen, *settings.controller_arguments, *self._bootstrap()]

    def _agent_arguments(self, node: Node) -> list[str]:
        options = {
            "--node-id": node.node_id,
            "--hostname": node.spec.hostname,
            "--ip-address": node.spec.address or "127.0.0.1",
            "--state-dir": str(self._state.agent(node.node_id)),
            "--secrets-dir": str(self._settings.secrets_dir),
            "--controller-key": str(self._controller_key),
            "--driver": self._settings.driver,
        }
        if self._settings.docker_host:
            options["--docker-host"] = self._settings.docker_host
        if node.spec.capacity is not None:
            options["--capacity"] = str(node.spec.capacity)
        flat = [word for pair in options.items() for word in pair]
        return ["agent", *flat, "--stop-instances-on-exit", *self._bootstrap()]


async def _until(condition: Callable[[], bool], patience_seconds: float) -> None:
    """Returns when the condition holds, or patience ends: whoever needs it then says so better than we could."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(patience_seconds):
            while not condition():  # noqa: ASYNC110 - other processes set no event of ours
                await asyncio.sleep(_POLL_SECONDS)
