"""Operations for tests, by their words."""

from crds.instance_config import InstanceConfig
from nodeagent.operations import (
    Adopt,
    Create,
    Drift,
    Note,
    Op,
    OpKind,
    PullImage,
    Remove,
    SetBack,
    Start,
    Stop,
    WriteFiles,
)


def operation(
    kind: OpKind,
    config: InstanceConfig,
    generation: int = 1,
    *,
    cause: str = "a test",
    runtime_id: str | None = None,
    timeout_seconds: int = 20,
    drift: tuple[Drift, ...] = (),
) -> Op:
    """The operation of that kind that a plan has for an instance which stays."""
    name = config.instance_name
    match kind:
        case OpKind.PULL_IMAGE:
            return PullImage(name, cause, config)
        case OpKind.WRITE_FILES:
            return WriteFiles(name, cause, config)
        case OpKind.CREATE:
            return Create(name, cause, config, generation)
        case OpKind.START:
            return Start(name, cause, config, generation)
        case OpKind.NOTE:
            return Note(name, cause, config, generation)
        case OpKind.SET_BACK:
            return SetBack(name, cause, config, runtime_id or "none", drift)
        case OpKind.ADOPT:
            return Adopt(name, cause, config, generation, runtime_id or "none")
        case OpKind.STOP:
            signal = config.container.stop_signal or config.app_kind.stop_signal
            return Stop(name, cause, runtime_id, timeout_seconds, signal, config.digest)
        case OpKind.REMOVE:
            return Remove(name, cause, runtime_id, config.digest)
