"""Whether manifests that would be read may be written: what `validate` and the removal guard say of them. Pure."""

from collections.abc import Collection
from dataclasses import dataclass

from controller.model import FleetPlan, ObjectRef, Problem
from controller.planner.describe import describe_plan, what_comes
from controller.planner.guard import why_parked
from controller.planner.memo import PlanMemo
from controller.planner.planner import plan_again
from controller.rules import Rules
from controller.source.read.reader import Loaded, Reading, Rejected
from controller.state import State
from controller.writing.refusals import NotNow, Parks, Unsound

FEWEST_DIGITS = 7
"""Of a revision that is approved: fewer might mean another one."""


@dataclass(frozen=True)
class Judged:
    """Manifests that may be written."""

    revision_id: str
    """The digest of all files, whatever the source is."""
    plan: FleetPlan
    """What comes of them that does not come anyway."""
    is_approved: bool
    """True when they are written because somebody approved of what they remove."""
    in_the_end: PlanMemo
    """All that is planned with them: who reads them next needs not plan that again."""
    parked: str = ""
    """Why the removal guard would park them, when they are only looked at; empty when it would not."""


def judge(
    state: State,
    rules: Rules,
    now: Reading,
    preview: Loaded | Rejected,
    ref: ObjectRef | None,
    approvals: Collection[str],
    before: PlanMemo,
    *,
    only_looks: bool = False,
) -> Judged:
    """Judges what would be read after a write.

    Args:
        state: what is known.
        rules: how the controller decides.
        now: the manifests as they are.
        preview: as they would be.
        ref: the object that is asked for, when it is one.
        approvals: the revisions that are approved, or beginnings of their ids.
        before: what comes without it.
        only_looks: True when what the guard says of it is told with all else, since nothing is to be written.

    Raises:
        Unsound: they would have problems.
        Parks: they remove more than may go without approval, and more is wanted than a look.
        NotNow: what is published is not known.
    """
    if isinstance(preview, Rejected):
        old = _said(now.problems) if isinstance(now, Rejected) else frozenset()
        are_old = bool(old) and all(problem in old for problem in _said(preview.problems))
        raise Unsound(ref, preview.problems, are_old=are_old)
    if state.term is None:
        raise NotNow("the controller does not know yet what is published")
    published = state.published.configs
    memo = plan_again(before, preview.revision, published, holds=state.holds)
    coming = what_comes(memo.plan, before.plan)
    parked = why_parked(memo.plan, published, rules.limits)
    is_approved = any(names(approval, preview.revision_id) for approval in approvals)
    if parked is None or is_approved:
        return Judged(preview.revision_id, coming, is_approved=parked is not None, in_the_end=memo)
    if not only_looks:
        raise Parks(parked, preview.revision_id, describe_plan(coming))
    return Judged(preview.revision_id, coming, is_approved=False, in_the_end=memo, parked=parked)


def names(approval: str, revision_id: str) -> bool:
    """True when an approval is of this revision: its id, or the beginning of it."""
    enough = len(approval.removeprefix("sha256:")) >= FEWEST_DIGITS
    return enough and revision_id.startswith((approval, f"sha256:{approval}"))


def _said(problems: tuple[Problem, ...]) -> frozenset[tuple[str, str, str]]:
    """What is said, wherever: an edit moves lines."""
    return frozenset((one.position.file, one.path, one.message) for one in problems)
