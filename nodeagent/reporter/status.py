"""The status of instances and cameras, from what was observed: honest, so old knowledge is never shown as new."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from crds.condition import Condition, ConditionStatus
from crds.instance_config import InstanceConfig
from crds.messages import AgentConfig, InstanceState, InstanceStatus
from nodeagent.model import FilesState, InstanceHistory, Observed, ObservedInstance, describe_exit, short_id
from nodeagent.operations import PAUSED, Note, Op, OutcomeKind, PullImage, SetBack, WriteFiles
from nodeagent.reporter.camera_facts import CameraFacts, camera_facts, camera_status
from nodeagent.reporter.frames import AppProgress
from nodeagent.reporter.liveness import why_hung

# An app may take this long to answer for the first time; after that it is Unhealthy, and still given time.
STARTING_FOR = timedelta(seconds=30)
# An app that answered before and is silent for this long is Unhealthy.
SILENT_FOR = timedelta(seconds=10)
_LONGEST_OUTPUT = 400

AS_RECORDED = "AsRecorded"
"""False while a container is not as its record says; True with what was set back last."""

ONE_IMAGE = "OneImage"
"""False while the name of its image means several images on its node: its tag was moved."""


@dataclass(frozen=True)
class Known:
    """Everything that the status of a node is made from."""

    desired: AgentConfig | None
    observed: Observed | None
    """None until the engine was asked successfully for the first time."""
    history: Mapping[str, InstanceHistory] = field(default_factory=dict)
    waiting: Mapping[str, str] = field(default_factory=dict)
    """What instances wait for, from the last plan."""
    told: Mapping[str, str] = field(default_factory=dict)
    """What else that plan tells of instances."""
    working_on: Mapping[str, Op] = field(default_factory=dict)
    """The operation that is under way for each busy instance."""
    progress: Mapping[str, AppProgress] = field(default_factory=dict)
    settled: bool = False
    """True when the last look at the node found nothing to do for `desired`."""


@dataclass(frozen=True)
class SaidOfInstance:
    """A condition of an instance, without its time."""

    type: str
    status: ConditionStatus
    reason: str
    message: str


@dataclass(frozen=True)
class InstanceFacts:
    """What is known of an instance at one moment; equal as those of cameras are."""

    instance_name: str
    state: InstanceState
    reason: str
    message: str = field(compare=False)
    digest: str | None
    generation: int | None
    runtime_id: str | None
    restarts: int
    started_at: datetime | None
    cameras: tuple[CameraFacts, ...]
    exclusive_cameras: tuple[str, ...]
    image_id: str | None
    image_platform: str
    conditions: tuple[SaidOfInstance, ...]


def instance_statuses(
    known: Known, previous: Mapping[str, InstanceStatus], now: datetime
) -> tuple[InstanceStatus, ...]:
    """The status of every instance that is desired or there, sorted by name.

    Args:
        known: what was observed and remembered.
        previous: the statuses of the report before, for the times of the last changes.
        now: the time, UTC.
    """
    return tuple(_status(facts, previous.get(facts.instance_name), now) for facts in instance_facts(known, now))


def _status(facts: InstanceFacts, before: InstanceStatus | None, now: datetime) -> InstanceStatus:
    cameras = {one.name: one for one in before.cameras} if before else {}
    # What is known of an instance, or a camera, has the names of the fields that say it.
    known = {
        **vars(facts),
        "cameras": tuple(camera_status(one, cameras.get(one.name), now) for one in facts.cameras),
        "conditions": tuple(
            Condition(**vars(one), last_transition_time=now).since(before.conditions if before else ())
            for one in facts.conditions
        ),
    }
    return InstanceStatus(**known, since=before.since if before and before.state == facts.state else now)


def instance_facts(known: Known, now: datetime) -> tuple[InstanceFacts, ...]:
    """What is known of every instance that is desired or there, sorted by name.

    Args:
        known: what was observed and remembered.
        now: the time, UTC.
    """
    if known.observed is None:
        return ()
    wanted = {one.instance_name: one for one in known.desired.node_config_list} if known.desired else {}
    names, meant = sorted(wanted.keys() | known.observed.instances.keys()), _meant_images(known.observed, wanted)
    return tuple(
        _facts(name, wanted.get(name), known.observed.instances.get(name), known, now, meant) for name in names
    )


def _facts(
    name: str,
    config: InstanceConfig | None,
    there: ObservedInstance | None,
    known: Known,
    now: datetime,
    meant: "_MeantImages",
) -> InstanceFacts:
    running = there if there and there.running else None
    cameras: tuple[CameraFacts, ...] = ()
    if config is not None:
        state, reason, message = _state(name, config, there, known, now)
        files = known.observed.files.get(name, FilesState(current=True)) if known.observed else None
        cameras = camera_facts(config, there, known.progress.get(name), files, now)
    elif known.desired is not None:
        state, reason, message = InstanceState.STOPPED, "NotDesired", ""
    else:
        # Without a generation in force nothing is known to be unwanted: what runs is said to run.
        state = InstanceState.RUNNING if running else InstanceState.STOPPED
        reason, message = "NoGeneration", "no generation is in force"
    return InstanceFacts(
        instance_name=name,
        state=state,
        reason=reason,
        message=message,
        digest=running.digest if running else None,
        generation=running.generation if running else None,
        runtime_id=there.runtime_id if there else None,
        restarts=known.history[name].restarts if name in known.history else 0,
        started_at=running.started_at if running else None,
        cameras=cameras,
        exclusive_cameras=_exclusive_cameras(config, there),
        image_id=there.image_id if there else None,
        image_platform=there.image_platform if there else "",
        conditions=(*_drifted(name, config, there, known), *_image_moved(config, there, meant)),
    )


_MeantImages = Mapping[str, Mapping[str, list[str]]]
"""By the reference to an image: the ids that it means on this node, each with who runs it, or would."""


def _meant_images(observed: Observed, wanted: Mapping[str, InstanceConfig]) -> _MeantImages:
    found: dict[str, dict[str, list[str]]] = {}
    for name, config in wanted.items():
        there = observed.instances.get(name)
        if there and there.image_id and there.digest == config.digest:
            found.setdefault(config.image, {}).setdefault(there.image_id, []).append(name)
    for image, image_id in observed.images.items():
        found.setdefault(image, {}).setdefault(image_id, []).append("what the name means now")
    return found


def _image_moved(
    config: InstanceConfig | None, there: ObservedInstance | None, meant: _MeantImages
) -> tuple[SaidOfInstance, ...]:
    """Whether the reference of its image means one image on this node: what runs of it, and what would be run now."""
    if config is None or there is None or there.image_id is None or there.digest != config.digest:
        return ()
    users = meant[config.image]
    if len(users) == 1:
        return (SaidOfInstance(ONE_IMAGE, ConditionStatus.TRUE, "OneImage", ""),)
    said = ", ".join(f"{short_id(image_id)} ({', '.join(names)})" for image_id, names in sorted(users.items()))
    message = f"image {config.image} is several images on this node: {said}"
    return (SaidOfInstance(ONE_IMAGE, ConditionStatus.FALSE, "SeveralImages", message),)


def _drifted(
    name: str, config: InstanceConfig | None, there: ObservedInstance | None, known: Known
) -> tuple[SaidOfInstance, ...]:
    history = known.history.get(name, InstanceHistory())
    # What is in another form is being changed anyway.
    in_form = config is not None and there is not None and there.digest == config.digest
    seen = known.observed.drift.get(name, ()) if known.observed and in_form else ()
    drift = ((PAUSED,) if there and there.running and there.paused else ()) + seen
    if drift:
        message = f"{'; '.join(map(str, drift))} (changed by hand, or by another tool)"
        lasting = any(not one.live for one in drift)
        if lasting:
            message += "; what cannot be set back while it runs is put right when it is started the next time"
        stays = lasting or (config is not None and config.hold is not None)
        return (SaidOfInstance(AS_RECORDED, ConditionStatus.FALSE, "Drifted" if stays else "SettingBack", message),)
    if history.set_back and history.set_back_at:
        at = history.set_back_at.isoformat(timespec="seconds")
        message = f"{'; '.join(map(str, history.set_back))} (changed by hand, or by another tool); set back at {at}"
        return (SaidOfInstance(AS_RECORDED, ConditionStatus.TRUE, "SetBack", message),)
    return ()


def _exclusive_cameras(config: InstanceConfig | None, there: ObservedInstance | None) -> tuple[str, ...]:
    applied = there.applied.config if there and there.running and there.applied else None
    return tuple(
        sorted({camera.name for one in (config, applied) if one for camera in one.cameras if camera.exclusive})
    )


def _state(
    name: str, config: InstanceConfig, there: ObservedInstance | None, known: Known, now: datetime
) -> tuple[InstanceState, str, str]:
    """State, reason and message of a desired instance."""
    if config.hold is not None:
        return _held_state(config, str(config.hold), there, known.progress.get(name), now)
    history = known.history.get(name, InstanceHistory())
    op = known.working_on.get(name)
    if history.failed_digest == config.digest:
        return InstanceState.FAILED, "Failed", history.outcome.message if history.outcome else ""
    # Of the operation that is under way, and not of one that was given up before.
    outcome = history.outcome if history.outcome is not None and history.outcome.op == op else None
    if there is not None and there.running and (op is None or isinstance(op, PullImage | WriteFiles | Note | SetBack)):
        state, reason, message = _running_state(config, there, known.progress.get(name), now)
        if outcome is not None and op is not None:
            return state, "Retrying", f"{op.kind}: {outcome.message}"
        if name in known.waiting:
            return state, "Waiting", known.waiting[name]
        return state, reason, "; ".join(one for one in (message, known.told.get(name), _revived(history)) if one)
    if op is not None:
        if outcome is not None:
            word = "Waiting" if outcome.kind is OutcomeKind.WAITING else "Retrying"
            state = InstanceState.PULLING if isinstance(op, PullImage) else InstanceState.PENDING
            return state, word, f"{op.kind}: {outcome.message} (attempt {outcome.attempt})"
        if isinstance(op, PullImage):
            return InstanceState.PULLING, "Pulling", config.image
        return InstanceState.STARTING, "Starting", op.cause
    waits_for = known.waiting.get(name, "")
    if history.exits > 1:
        return InstanceState.CRASH_LOOP, "BackOff", _last_exit(history, waits_for)
    return InstanceState.PENDING, "Waiting" if waits_for else "Pending", waits_for


def _held_state(
    config: InstanceConfig, held: str, there: ObservedInstance | None, progress: AppProgress | None, now: datetime
) -> tuple[InstanceState, str, str]:
    """A held instance is what it is: nobody but the person who holds it will change that."""
    if there is None or not there.running:
        left = (
            "it does not run" if there is None or there.finished_at is None else f"it {describe_exit(there.exit_code)}"
        )
        return InstanceState.PENDING, "Held", f"{held}; {left}, and is not started"
    state, reason, message = _running_state(config, there, progress, now)
    reason = "Held" if state is InstanceState.RUNNING else reason
    return state, reason, "; ".join(one for one in (held, message) if one)


def _running_state(
    config: InstanceConfig, there: ObservedInstance, progress: AppProgress | None, now: datetime
) -> tuple[InstanceState, str, str]:
    if there.paused:
        return InstanceState.UNHEALTHY, "Paused", "it is paused, by hand or by another tool: nothing is watched"
    if not config.app_kind.has_metrics:
        return InstanceState.RUNNING, "Running", "this app does not say whether it is ready"
    if progress is None or progress.runtime_id != there.runtime_id or progress.answered_at is None:
        since = progress.first_probe_at if progress and progress.runtime_id == there.runtime_id else now
        silent = progress.message if progress else ""
        if now - since > STARTING_FOR:
            return InstanceState.UNHEALTHY, "NoAnswer", f"the app has not answered since it started: {silent}"
        return InstanceState.STARTING, "WaitingForApp", silent
    if now - progress.answered_at > SILENT_FOR:
        seconds = (now - progress.answered_at).total_seconds()
        return InstanceState.UNHEALTHY, "NoAnswer", f"the app has not answered for {seconds:.0f} s: {progress.message}"
    if not progress.ready:
        return InstanceState.STARTING, "NotReady", "the app answers and is not ready yet"
    if hangs := why_hung(config, progress):
        return InstanceState.UNHEALTHY, "Hung", hangs
    return InstanceState.RUNNING, "Running", ""


def _revived(history: InstanceHistory) -> str:
    """That it was restarted because it hung, which nobody would see from what runs now."""
    if not history.revivals:
        return ""
    times = "once" if history.revivals == 1 else f"{history.revivals} times"
    return f"restarted {times} because it hung: {history.last_revival_cause}"


def _last_exit(history: InstanceHistory, waits_for: str) -> str:
    output = _last_lines(history.last_output.strip())
    said = f"; its last words: {output}" if output else ""
    times = waits_for or f"it left {history.exits} times in a row"
    if history.port_held_by:
        times = f"{history.port_held_by}; {times}"
    return f"{times}; the last time it {describe_exit(history.last_exit_code)}{said}"


def _last_lines(text: str) -> str:
    """The last lines that fit, whole: half a line would differ from one exit to the next."""
    if len(text) <= _LONGEST_OUTPUT:
        return text
    _, newline, whole = text[-_LONGEST_OUTPUT - 1 :].partition("\n")
    return whole if newline else text[-_LONGEST_OUTPUT:]


def is_applied(desired: AgentConfig | None, statuses: tuple[InstanceFacts | InstanceStatus, ...]) -> bool:
    """True when every instance of the generation was observed running with its digest, and nothing else is there.

    Of one that is held nothing more is wanted than that it is left alone.
    """
    if desired is None:
        return False
    held = {one.instance_name for one in desired.node_config_list if one.hold is not None}
    wanted = {one.instance_name: one.digest for one in desired.node_config_list if one.instance_name not in held}
    others = [one for one in statuses if one.instance_name not in held]
    running = {one.instance_name: one.digest for one in others if one.state == InstanceState.RUNNING}
    return running == wanted and len(others) == len(wanted)
