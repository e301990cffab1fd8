"""What the tables of the coordinator are here."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from controller.api.resources import FLEET_RESOURCES, Resource
from controller.api.v1.records import AgentRecord, CameraRecord, DsInstanceRecord, Record


@dataclass(frozen=True)
class View:
    """One table."""

    path: str
    """Below the prefix."""
    all_path: str
    """Where the coordinator listed it, which is another word."""
    resource: Resource
    record: type[Record]
    needs: tuple[str, ...]
    """Fields that a new row must have."""
    word: str
    """For a row, as people say it."""

    @property
    def kind(self) -> str:
        """Of its objects."""
        return self.resource.kind


CAMERAS: Final = View(
    "Cameras", "Cameras/all_camera", FLEET_RESOURCES["cameras"], CameraRecord, ("camera_id", "ip_address"), "camera"
)
AGENTS: Final = View("Agents", "Agent/all_agent", FLEET_RESOURCES["nodes"], AgentRecord, ("agent_name",), "agent")
INSTANCES: Final = View(
    "DsInstance",
    "DsInstance/all_instance",
    FLEET_RESOURCES["dsinstances"],
    DsInstanceRecord,
    ("instance_name",),
    "instance",
)
VIEWS: Final[Mapping[str, View]] = {view.path: view for view in (CAMERAS, AGENTS, INSTANCES)}
