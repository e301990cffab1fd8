"""What one desired instance needs, beside what is there of it."""

from dataclasses import dataclass
from datetime import datetime

from crds.change import ChangeClass
from crds.instance_config import InstanceConfig
from nodeagent.differ.history import may_repair_at, may_revive_at, may_set_back_at, may_start_at
from nodeagent.model import Applied, FilesState, InstanceHistory, Leftover, Observed, ObservedInstance, describe_exit
from nodeagent.operations import (
    PAUSED,
    Adopt,
    Create,
    Drift,
    Note,
    Op,
    PullImage,
    Remove,
    SetBack,
    Start,
    Stop,
    WriteFiles,
)

_Step = type[PullImage | WriteFiles | Create | Start | Note | Stop | Remove]
_UNKNOWN_FILES = FilesState(current=False)


@dataclass(frozen=True)
class Wait:
    """Nothing is done for now, and why."""

    reason: str
    until: datetime | None = None


@dataclass(frozen=True)
class Hangs:
    """Its app runs, and does not do its work."""

    cause: str
    turn_at: datetime | None = None
    """When it may be restarted at the earliest, if another one is restarted before it."""


class InstanceDiff:
    """One desired instance beside what is there of it."""

    def __init__(
        self, config: InstanceConfig, generation: int, observed: Observed, history: InstanceHistory, hangs: Hangs | None
    ) -> None:
        self._config = config
        self._generation = generation
        self._there = observed.instances.get(config.instance_name)
        self._files = observed.files.get(config.instance_name, _UNKNOWN_FILES)
        self._history = history
        self._hangs = hangs
        self._drift = observed.drift.get(config.instance_name, ())
        self._adoption = observed.adoptions.get(config.instance_name)
        self._image_is_here = config.image in observed.images

    def decide(self, now: datetime) -> tuple[Op, ...] | Wait:
        """The chain, which is empty when all is well, or what is waited for."""
        decided = self._match(now)
        if decided and not isinstance(decided, Wait):
            return decided
        if self._hangs is None or self._there is None or not self._there.running:
            return decided
        return self._revive(self._there, self._hangs, now)

    def _match(self, now: datetime) -> tuple[Op, ...] | Wait:
        """What makes it what it should be."""
        there = self._there
        if there is not None and there.running and there.paused:
            # Before all else: whatever shall become of it, until then it watches.
            return self._set_back(there, (PAUSED,), now)
        if (orphan := self._adoption) is not None and (there is None or there.runtime_id != orphan.runtime_id):
            return self._guarded(self._adopt(orphan, there))
        start_at = may_start_at(self._history, now)
        back_off = None
        if start_at is not None:
            back_off = Wait(f"it left {self._history.exits} times in a row; the next start waits", start_at)
        old = self._what_to_run_meanwhile()
        if old is not None:
            return back_off or self._run_meanwhile(old)
        if self._history.failed_digest == self._config.digest:
            outcome = self._history.outcome
            return Wait(f"it failed and waits for a change of its manifest: {outcome.message if outcome else ''}")
        if there is not None and there.digest != self._config.digest:
            return self._changed(there, now)
        if there is not None and there.running:
            if not self._files_are_right():
                return self._repair(now)
            put_right = self._put_right(there, now)
            if put_right or not there.note_lost:
                return put_right
            return self._chain((Note,), "the note about it cannot be read")
        return back_off or self._guarded(self._start(there))

    def _what_to_run_meanwhile(self) -> Applied | None:
        """What left by itself, while the image of what shall replace it cannot be had: better that than nothing."""
        there, failure = self._there, self._history.outcome
        if there is None or there.running or there.finished_at is None or there.applied is None:
            return None
        if failure is None or not isinstance(failure.op, PullImage) or failure.op.config != self._config:
            return None
        stopped = there.runtime_id == self._history.stopped_on_purpose
        return None if stopped or there.digest == self._config.digest else there.applied

    def _run_meanwhile(self, old: Applied) -> tuple[Op, ...]:
        cause = f"{self._left_with(self._there)}, and the image of what shall replace it cannot be pulled"
        name = self._config.instance_name
        return WriteFiles(name, cause, old.config), Start(name, cause, old.config, old.generation)

    def _files_are_right(self) -> bool:
        """Also when nobody can tell, for want of a secret: what runs is not stopped for a guess."""
        return self._files.current or bool(self._files.secrets_missing)

    def _adopt(self, orphan: Leftover, there: ObservedInstance | None) -> tuple[Op, ...]:
        """Nothing of what is taken over is stopped: only what this node has begun beside it, and could not run well."""
        cause = f"a person wants {orphan} to be taken over"
        stop = (Stop,) if there is not None and there.running else ()
        remove = () if there is None else (Remove,)
        adopt = Adopt(self._config.instance_name, cause, self._config, self._generation, orphan.runtime_id)
        return (*self._chain((*stop, *remove, WriteFiles), cause), adopt)

    def _put_right(self, there: ObservedInstance, now: datetime) -> tuple[Op, ...] | Wait:
        """What can be set back while it runs is; for nothing else is it stopped: that is told, and waits for its next start."""
        live = tuple(one for one in self._drift if one.live)
        return self._set_back(there, live, now) if live else ()

    def _set_back(self, there: ObservedInstance, drift: tuple[Drift, ...], now: datetime) -> tuple[Op, ...] | Wait:
        cause = f"changed behind the agent's back: {'; '.join(map(str, drift))}"
        until = may_set_back_at(self._history, now)
        if until is not None:
            return Wait(
                f"{cause}; it was set back {self._history.set_backs} times in a row, the next time waits", until
            )
        return (SetBack(self._config.instance_name, cause, self._config, there.runtime_id, drift),)

    def _repair(self, now: datetime) -> tuple[Op, ...] | Wait:
        cause = "its configuration files differ from what they should hold"
        repair_at = may_repair_at(self._history, now)
        if repair_at is not None:
            return Wait(f"{cause}; it was stopped {self._history.stops} times in a row, the next time waits", repair_at)
        # Stopped first: an agent that dies after writing would find the files right, and never restart the app.
        return self._guarded(self._chain((Stop, WriteFiles, *self._start_again, Note), cause + self._and_drift))

    def _revive(self, there: ObservedInstance, hangs: Hangs, now: datetime) -> tuple[Op, ...] | Wait:
        """Restarts a hung app in place, as it is: also while the change of it waits for something."""
        wait = may_revive_at(self._history, now)
        if wait is not None:
            return Wait(f"{hangs.cause}; the last restart for that did not help, the next one waits", wait)
        if hangs.turn_at is not None:
            return Wait(f"{hangs.cause}; it is restarted after another one", hangs.turn_at)
        name, cause = self._config.instance_name, hangs.cause
        now_runs = there.applied or Applied(self._config, self._generation, there.runtime_id)
        config, generation = now_runs.config, now_runs.generation
        start, note = Start(name, cause, config, generation), Note(name, cause, config, generation)
        return self._stop(cause, is_hung=True), start, note

    def _start(self, there: ObservedInstance | None) -> tuple[Op, ...]:
        if there is None:
            cause = "it is not there" if self._history.restarts == 0 else "it is gone"
            return self._chain((PullImage, WriteFiles, Create, Start, Note), cause)
        cause = "it was created and never started" if there.finished_at is None else self._left_with(there)
        return self._chain((WriteFiles, *self._start_again, Note), cause + self._and_drift)

    @property
    def _start_again(self) -> tuple[_Step, ...]:
        """Starts what is there, or makes it anew where it is not as it was made: its files may not even reach it.

        Without an image at hand better what differs than nothing.
        """
        return (Remove, Create, Start) if self._and_drift else (Start,)

    @property
    def _and_drift(self) -> str:
        lasting = [str(one) for one in self._drift if not one.live]
        return f"; it is not as it was made: {'; '.join(lasting)}" if lasting and self._image_is_here else ""

    @staticmethod
    def _left_with(there: ObservedInstance | None) -> str:
        code = there.exit_code if there else None
        return f"it {describe_exit(code)}"

    def _changed(self, there: ObservedInstance, now: datetime) -> tuple[Op, ...] | Wait:
        change_class, cause = self._what_changed(there)
        stop = (Stop,) if there.running else ()
        if change_class is ChangeClass.NONE and there.running:
            return self._chain((Note,), cause) if self._files_are_right() else self._repair(now)
        if change_class.rank <= ChangeClass.RESTART.rank:
            return self._guarded(self._chain((WriteFiles, *stop, *self._start_again, Note), cause + self._and_drift))
        # The image and the files are made ready first: the instance is blind only from STOP to START.
        return self._guarded(self._chain((PullImage, WriteFiles, *stop, Remove, Create, Start, Note), cause))

    def _what_changed(self, there: ObservedInstance) -> tuple[ChangeClass, str]:
        config = self._config
        if there.applied is not None:
            # Here, since it brings the models of all kinds: most agents need them when something is changed, if ever.
            from crds.difference import difference_to_apply  # noqa: PLC0415 - see above

            found = difference_to_apply(there.applied.config, config)
            return found.change_class, "; ".join(map(str, found.fields)) or "its manifest changed"
        # The note is lost: the digests of the parts on the label still tell how much has to be done.
        if there.digests.container != config.digests.container:
            return ChangeClass.RECREATE, "its container settings changed"
        if there.digests.engines != config.digests.engines:
            return config.app_kind.effective(ChangeClass.REBUILD_ENGINE), "its TensorRT engines changed"
        if there.digests != config.digests:
            return ChangeClass.RESTART, "its configuration files changed"
        return ChangeClass.NONE, "its manifest changed in what the app is not told"

    def _guarded(self, chain: tuple[Op, ...]) -> tuple[Op, ...] | Wait:
        """A chain that writes files waits for its secrets, and what runs goes on meanwhile."""
        if self._files.secrets_missing:
            names = ", ".join(self._files.secrets_missing)
            return Wait(f"secret {names} is not in the secrets directory of this node")
        return chain

    @property
    def _runtime_id(self) -> str | None:
        return self._there.runtime_id if self._there else None

    def _stop(self, cause: str, *, is_hung: bool = False) -> Stop:
        config, settings = self._config, self._config.container
        signal = settings.stop_signal or config.app_kind.stop_signal
        timeout = settings.stop_timeout_seconds
        return Stop(config.instance_name, cause, self._runtime_id, timeout, signal, config.digest, is_hung)

    def _chain(self, steps: tuple[_Step, ...], cause: str) -> tuple[Op, ...]:
        return tuple(self._op(step, cause) for step in steps)

    def _op(self, step: _Step, cause: str) -> Op:
        config, name = self._config, self._config.instance_name
        if issubclass(step, Stop):
            return self._stop(cause)
        if issubclass(step, Remove):
            return Remove(name, cause, self._runtime_id, config.digest)
        if issubclass(step, PullImage | WriteFiles):
            return step(name, cause, config)
        return step(name, cause, config, self._generation)
