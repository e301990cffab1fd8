"""The Node kind: one machine that may run instances."""

from typing import Annotated, ClassVar, Literal, Self

from pydantic import UUID4, Field, StringConstraints, model_validator

from crds.alike import AlikeTexts
from crds.compact import compact, one_copy
from crds.document import Manifest, ManifestModel, shared

Hostname = Annotated[
    str, StringConstraints(min_length=1, max_length=253, pattern=r"^[A-Za-z0-9]([-A-Za-z0-9.]*[A-Za-z0-9])?$")
]
PublicKeyHex = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class PortRange(ManifestModel):
    """Loopback ports that the planner gives to the REST interfaces of the instances of a node."""

    first: int = Field(default=21000, ge=1024, le=65535, description="First port of the range.")
    last: int = Field(default=21999, ge=1024, le=65535, description="Last port of the range, inclusive.")

    @model_validator(mode="after")
    def _is_a_range(self) -> Self:
        if self.last < self.first:
            raise ValueError(f"last ({self.last}) is below first ({self.first})")
        return self


class NodeSpec(ManifestModel):
    """One machine, known by the id that its agent greets with."""

    node_id: UUID4 = Field(description="Id that the agent of this machine greets with (UUID version 4).")
    hostname: Hostname = Field(description="Name of the machine in its network.")
    address: str | None = Field(
        default=None, min_length=1, max_length=253, pattern=r"^\S+$", description="IP address or name to reach it by."
    )
    capacity: int | None = Field(
        default=None,
        ge=0,
        le=100_000,
        description="Camera streams that the machine can process; none: no limit is known.",
    )
    gpus: tuple[Annotated[str, StringConstraints(min_length=1, max_length=128)], ...] = Field(
        default=(), description="UUIDs or indices of its GPUs, as the container runtime knows them."
    )
    unschedulable: bool = Field(
        default=False, description="True: instances that are there stay, selectors place nothing new there."
    )
    public_key: PublicKeyHex | None = Field(
        default=None,
        description="Ed25519 key (64 hexadecimal digits) that the agent must sign with. Default: that of its first greeting.",
    )
    instance_ports: PortRange = Field(
        default_factory=shared(PortRange), description="Loopback ports for the REST interfaces of its instances."
    )


class Node(Manifest):
    """A machine of the fleet."""

    plural: ClassVar[str] = "nodes"
    short_name: ClassVar[str] = "no"

    kind: Literal["Node"]
    spec: NodeSpec

    def pack(self, texts: AlikeTexts) -> None:  # noqa: ARG002 - it is not packed
        """Takes less memory, and no more than that: there are few, and they are asked for their ids all the time."""
        for name in ("labels", "annotations"):
            self.metadata.__dict__[name] = one_copy(getattr(self.metadata, name))
        compact(self)

    @property
    def is_pinned(self) -> bool:
        """True when it names the key of its agent."""
        return self.spec.public_key is not None

    @property
    def node_id(self) -> str:
        """The id of the machine, in the form that stands on the wire."""
        return str(self.spec.node_id)
