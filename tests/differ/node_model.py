"""A node without an engine, as pure data: what operations do to containers, files and notes."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from crds.instance_config import InstanceConfig
from crds.messages import AgentConfig
from nodeagent.model import Applied, FilesState, Observed, ObservedInstance
from nodeagent.operations import Create, Note, Op, Remove, Start, Stop, WriteFiles


@dataclass(frozen=True)
class NodeModel:
    """What there is on a node."""

    containers: Mapping[str, ObservedInstance] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    """By name of the instance: digest of the files in its folder."""
    created: int = 0

    def observed(self, desired: AgentConfig | None) -> Observed:
        configs = desired.node_config_list if desired else ()
        return Observed(
            self.containers,
            {
                one.instance_name: FilesState(current=self.files.get(one.instance_name) == one.digests.files)
                for one in configs
            },
            tuple(sorted(self.files)),
        )

    def after(self, op: Op, now: datetime) -> "NodeModel":
        there = self.containers.get(op.instance)
        match op:
            case Stop(runtime_id=meant) if there is not None and there.running and meant == there.runtime_id:
                return self._with(replace(there, running=False, finished_at=now, exit_code=0))
            case Remove():
                gone = there is not None and op.runtime_id in {None, there.runtime_id}
                containers = {name: one for name, one in self.containers.items() if name != op.instance or not gone}
                files = {name: one for name, one in self.files.items() if name != op.instance or op.towards is not None}
                return replace(self, containers=containers, files=files)
            case WriteFiles(config=config):
                return replace(self, files={**self.files, op.instance: config.digests.files})
            case Create(config=config, generation=generation) if there is None:
                made = replace(self, created=self.created + 1)
                return made._with(container(config, f"new-{made.created}", generation))
            case Start(config=config, generation=generation) if there is not None and not there.running:
                return self._with(replace(_noted(there, config, generation), running=True, finished_at=None))
            case Note(config=config, generation=generation) if there is not None:
                return self._with(_noted(there, config, generation))
        return self

    def _with(self, one: ObservedInstance) -> "NodeModel":
        return replace(self, containers={**self.containers, one.name: one})


def container(config: InstanceConfig, runtime_id: str, generation: int) -> ObservedInstance:
    """A container that was created and never started."""
    return ObservedInstance(
        config.instance_name,
        runtime_id,
        running=False,
        generation=generation,
        digest=config.digest,
        digests=config.digests,
    )


def _noted(there: ObservedInstance, config: InstanceConfig, generation: int) -> ObservedInstance:
    note = Applied(config, generation, there.runtime_id)
    return replace(there, applied=note, digest=config.digest, digests=config.digests, generation=generation)
