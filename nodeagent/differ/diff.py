"""The plan: what to do now so that the node comes to match its generation."""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType

from crds.instance_config import InstanceConfig
from crds.messages import AgentConfig
from nodeagent.differ.history import BETWEEN_REVIVALS, next_revival_at
from nodeagent.differ.instance_diff import Hangs, InstanceDiff, Wait
from nodeagent.model import FilesState, InstanceHistory, LoginProblem, Observed, ObservedInstance, short_id
from nodeagent.operations import (
    Cancellation,
    Chain,
    Create,
    Op,
    OpKind,
    Plan,
    PullImage,
    Remove,
    Stop,
    UnderWay,
    WriteFiles,
)
from nodeagent.timings import Timings

_NO_HISTORY = InstanceHistory()
_MOST_CAMERAS = 3


def diff(
    desired: AgentConfig | None,
    observed: Observed,
    history: Mapping[str, InstanceHistory],
    under_way: Mapping[str, UnderWay],
    now: datetime,
    hung: Mapping[str, str] = MappingProxyType({}),
) -> Plan:
    """Plans what begins and what is cancelled; an instance that something is done to begins nothing.

    Args:
        desired: the generation in force; None means that nothing is known, and then nothing is touched (S3).
        observed: one look at the node.
        history: what is remembered of each instance.
        under_way: the chains that were under way when the look began, by name of the instance.
        now: the time, UTC.
        hung: the instances whose app hangs, and what shows it.
    """
    if desired is None:
        return Plan()
    wanted = {config.instance_name: config for config in desired.node_config_list}
    busy = {name for name, one in under_way.items() if not one.fails}
    planned: dict[str, Chain] = {}
    waiting: dict[str, str] = {}
    wake_at: datetime | None = None
    revival_at = next_revival_at(history, now)
    for name in sorted((observed.instances.keys() | set(observed.folders)) - wanted.keys() - busy):
        planned[name] = Chain(_removal(name, observed.instances.get(name)), towards=None)
    held = {name: str(config.hold) for name, config in wanted.items() if config.hold is not None}
    for name in sorted(wanted.keys() - busy - held.keys()):
        remembered = history.get(name, _NO_HISTORY)
        hangs = Hangs(hung[name], revival_at) if name in hung else None
        decided = InstanceDiff(wanted[name], desired.generation, observed, remembered, hangs).decide(now)
        if isinstance(decided, Wait):
            waiting[name] = decided.reason
            if decided.until is not None:
                wake_at = min(wake_at, decided.until) if wake_at else decided.until
        elif decided:
            planned[name] = Chain(decided, wanted[name].digest)
            if isinstance(decided[0], Stop) and decided[0].is_hung:
                revival_at = now + BETWEEN_REVIVALS
    begin = tuple(chain for name, chain in planned.items() if name not in under_way)
    old = superseded(desired, under_way)
    going_on = sorted(under_way.keys() - waiting.keys() - {one.instance for one in old})
    unfit = tuple(
        Cancellation(under_way[name], "what is under way does not fit what is there any more")
        for name in going_on
        if under_way[name].fails
        and (
            not leads_on(under_way[name].rest.ops, planned[name].ops if name in planned else ())
            or _is_without_image(under_way[name].rest.ops[0], observed)
        )
    )
    told = {name: text for name, config in wanted.items() if (text := _told(config, observed))}
    awaited = any(one.dark or one.kept for name, one in observed.files.items() if name in wanted)
    return Plan(begin, old + unfit, waiting, told, awaited, wake_at, held)


def superseded(desired: AgentConfig | None, under_way: Mapping[str, UnderWay]) -> tuple[Cancellation, ...]:
    """The chains that work towards something which is not desired any more; no look at the node is needed for that.

    Args:
        desired: the generation in force; None means that nothing is known, and then everything goes on.
        under_way: the chains that are under way, by name of the instance.
    """
    if desired is None:
        return ()
    wanted = {config.instance_name: config.digest for config in desired.node_config_list}
    return tuple(
        Cancellation(one, "what is under way is no longer wanted")
        for name, one in sorted(under_way.items())
        if one.rest.towards != wanted.get(name)
    )


def leads_on(rest: tuple[Op, ...], planned: tuple[Op, ...]) -> bool:
    """True when what is left of a chain under way still is what would be planned now.

    Args:
        rest: the operations that are not done yet, the one that fails first.
        planned: the chain that a plan made now has for the instance; it may begin with what makes ready, done already.
    """

    def meant(ops: tuple[Op, ...]) -> list[tuple[OpKind, str | None]]:
        return [(op.kind, op.runtime_id if isinstance(op, Stop | Remove) else None) for op in ops]

    before = planned[: -len(rest)]
    return meant(planned[-len(rest) :]) == meant(rest) and all(isinstance(op, PullImage | WriteFiles) for op in before)


def _is_without_image(failing: Op, observed: Observed) -> bool:
    """True when an image went, to a clean-up of the machine say, after it was pulled and before anything was made of it."""
    return isinstance(failing, Create) and failing.config.image not in observed.images


def seconds_to_next_look(plan: Plan, now: datetime, timings: Timings) -> float:
    """How long the agent may sleep when nothing wakes it.

    Args:
        plan: what it does now.
        now: when the plan was made, UTC.
        timings: how long it waits for what.
    """
    if plan.wake_at is not None:
        return max(0.0, min((plan.wake_at - now).total_seconds(), timings.resync_seconds))
    return timings.retry_seconds if plan.waiting or plan.secrets_awaited else timings.resync_seconds


def _told(config: InstanceConfig, observed: Observed) -> str:
    """What is said of an instance that is left as it is."""
    files = observed.files.get(config.instance_name, FilesState(current=True))
    texts = (
        _drifted(config, observed),
        _moved_tag(config, observed),
        _without_secrets(files.dark, "without its login"),
        _without_secrets(files.kept, "with the login that it had"),
    )
    return "; ".join(text for text in texts if text)


def _drifted(config: InstanceConfig, observed: Observed) -> str:
    lasting = [str(one) for one in observed.drift.get(config.instance_name, ()) if not one.live]
    there = observed.instances.get(config.instance_name)
    stays = there is not None and there.running and there.digest == config.digest
    return f"changed behind the agent's back: {'; '.join(lasting)}" if lasting and stays else ""


def _without_secrets(cameras: Mapping[str, LoginProblem], how: str) -> str:
    shown = [f"camera {name} goes on {how}: {problem.message}" for name, problem in sorted(cameras.items())]
    rest = f"; and {len(shown) - _MOST_CAMERAS} more" if len(shown) > _MOST_CAMERAS else ""
    return "; ".join(shown[:_MOST_CAMERAS]) + rest


def _moved_tag(config: InstanceConfig, observed: Observed) -> str:
    """What is said of an instance that runs an image which its reference means no more; empty when it does.

    That is no reason to restart it: what is desired did not change, and nobody knows of the new image whether it was tried.
    """
    there, now = observed.instances.get(config.instance_name), observed.images.get(config.image)
    if there is None or not there.running or there.digest != config.digest:
        return ""
    if now is None or there.image_id in {None, now}:
        return ""
    return f"image {config.image} is now {short_id(now)}, what runs has {short_id(there.image_id)}"


def _removal(name: str, observed: ObservedInstance | None) -> tuple[Op, ...]:
    if observed is None:
        # Its container went, or never came to be; passwords may stand in its files.
        return (Remove(name, "its folder was left behind"),)
    cause = "it is not in the generation"
    timeout = observed.applied.config.container.stop_timeout_seconds if observed.applied else 20
    stop = Stop(name, cause, observed.runtime_id, timeout)
    remove = Remove(name, cause, observed.runtime_id)
    return (stop, remove) if observed.running else (remove,)
