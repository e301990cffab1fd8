"""The plan: what to do now so that the node comes to match its generation."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from datetime import datetime

from crds.change import ChangeClass
from crds.difference import difference
from crds.messages import AgentConfig, InstanceConfig
from nodeagent.differ.history import may_start_at
from nodeagent.model import (
    FilesState,
    InstanceHistory,
    Observed,
    ObservedInstance,
    Op,
    OpKind,
    Plan,
)

_NO_HISTORY = InstanceHistory()
_UNKNOWN_FILES = FilesState(current=False)


def diff(
    desired: AgentConfig | None,
    observed: Observed,
    history: Mapping[str, InstanceHistory],
    now: datetime,
    busy: AbstractSet[str] = frozenset(),
) -> Plan:
    """Plans for every instance that nothing is being done to already.

    Args:
        desired: the generation in force; None means that nothing is known, and then nothing is touched (S3).
        observed: one look at the node.
        history: what is remembered of each instance.
        now: the time, UTC.
        busy: instances that a chain of an earlier plan is still at work on.

    Returns:
        One chain for each instance that needs something, sorted by name, those that free something first.
    """
    if desired is None:
        return Plan()
    wanted = {config.instance_name: config for config in desired.node_config_list}
    removals = tuple(
        _removal(observed.instances[name])
        for name in sorted(observed.instances)
        if name not in wanted and name not in busy
    )
    chains: list[tuple[Op, ...]] = []
    waiting: dict[str, str] = {}
    wake_at: datetime | None = None
    for name, config in sorted(wanted.items()):
        if name in busy:
            continue
        remembered = history.get(name, _NO_HISTORY)
        decided = _Instance(config, desired.generation, observed, remembered).decide(now)
        if isinstance(decided, str):
            waiting[name] = decided
            start_at = may_start_at(remembered)
            if start_at is not None and start_at > now:
                wake_at = min(wake_at, start_at) if wake_at else start_at
        elif decided:
            chains.append(decided)
    return Plan(removals + tuple(chains), waiting, wake_at)


def _removal(observed: ObservedInstance) -> tuple[Op, ...]:
    cause = "it is not in the generation"
    applied = observed.applied
    timeout = applied.config.container.stop_timeout_seconds if applied else 20

    def op(kind: OpKind) -> Op:
        return Op(kind, observed.name, cause, runtime_id=observed.runtime_id, stop_timeout_seconds=timeout)

    return (op(OpKind.STOP), op(OpKind.REMOVE)) if observed.running else (op(OpKind.REMOVE),)


class _Instance:
    """One desired instance beside what is there of it."""

    def __init__(self, config: InstanceConfig, generation: int, observed: Observed, history: InstanceHistory) -> None:
        self._config = config
        self._generation = generation
        self._there = observed.instances.get(config.instance_name)
        self._files = observed.files.get(config.instance_name, _UNKNOWN_FILES)
        self._history = history

    def decide(self, now: datetime) -> tuple[Op, ...] | str:
        """The chain, which is empty when all is well, or what is waited for."""
        if self._history.failed_digest == self._config.digest:
            outcome = self._history.outcome
            return f"it failed and waits for a change of its manifest: {outcome.message if outcome else ''}"
        there = self._there
        if there is not None and there.digest != self._config.digest:
            return self._changed(there)
        if there is not None and there.running:
            if self._files.current or self._files.secrets_missing:
                return ()
            cause = "its configuration files differ from what they should hold"
            # Stopped first: an agent that dies after writing would find the files right, and never restart the app.
            return self._guarded(self._chain((OpKind.STOP, OpKind.WRITE_FILES, OpKind.START, OpKind.NOTE), cause))
        start_at = may_start_at(self._history)
        if start_at is not None and now < start_at:
            return f"it left {self._history.exits} times in a row; the next start waits"
        return self._guarded(self._start(there))

    def _start(self, there: ObservedInstance | None) -> tuple[Op, ...]:
        if there is None:
            cause = "it is not there" if self._history.restarts == 0 else "it is gone"
            kinds = (OpKind.PULL_IMAGE, OpKind.WRITE_FILES, OpKind.CREATE, OpKind.START, OpKind.NOTE)
            return self._chain(kinds, cause)
        if there.finished_at is None:
            cause = "it was created and never started"
        else:
            code = "an unknown code" if there.exit_code is None else f"code {there.exit_code}"
            cause = f"it left with {code}"
        return self._chain((OpKind.WRITE_FILES, OpKind.START, OpKind.NOTE), cause)

    def _changed(self, there: ObservedInstance) -> tuple[Op, ...] | str:
        change_class, cause = self._what_changed(there)
        stop = (OpKind.STOP,) if there.running else ()
        if change_class is ChangeClass.NONE:
            start = () if there.running else (OpKind.START,)
            return self._chain((*start, OpKind.NOTE), cause)
        if change_class.rank <= ChangeClass.RESTART.rank:
            return self._guarded(self._chain((OpKind.WRITE_FILES, *stop, OpKind.START, OpKind.NOTE), cause))
        # The image and the files are made ready first: the instance is blind only from STOP to START.
        kinds = (OpKind.PULL_IMAGE, OpKind.WRITE_FILES, *stop, OpKind.REMOVE, OpKind.CREATE, OpKind.START, OpKind.NOTE)
        return self._guarded(self._chain(kinds, cause))

    def _what_changed(self, there: ObservedInstance) -> tuple[ChangeClass, str]:
        config = self._config
        if there.applied is not None:
            found = difference(there.applied.config, config)
            return found.change_class, "; ".join(map(str, found.fields)) or "its manifest changed"
        # The note is lost: the digests of the parts on the label still tell how much has to be done.
        if there.digests.container != config.digests.container:
            return ChangeClass.RECREATE, "its container settings changed"
        if there.digests != config.digests:
            return ChangeClass.RESTART, "its configuration files changed"
        return ChangeClass.NONE, "its manifest changed in what the app is not told"

    def _guarded(self, chain: tuple[Op, ...]) -> tuple[Op, ...] | str:
        """A chain that writes files waits for its secrets, and what runs goes on meanwhile."""
        if self._files.secrets_missing:
            return f"secret {', '.join(self._files.secrets_missing)} is not in the secrets directory of this node"
        return chain

    def _chain(self, kinds: tuple[OpKind, ...], cause: str) -> tuple[Op, ...]:
        there = self._there
        return tuple(
            Op(
                kind,
                self._config.instance_name,
                cause,
                config=self._config,
                generation=self._generation,
                runtime_id=there.runtime_id if there and kind in (OpKind.STOP, OpKind.REMOVE) else None,
                stop_timeout_seconds=self._config.container.stop_timeout_seconds,
            )
            for kind in kinds
        )
