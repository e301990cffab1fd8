"""Tells those who ask through the API of revisions: those that were, the one that waits, and what each of them changes."""

from typing import Any

from controller.edits.unified import unified_diffs
from controller.knowledge import Knowledge
from controller.picture.conditions import timestamp
from controller.source.read.reader import Loaded, Source
from controller.source.revisions import BY_HAND, FileChanges, Files, PastRevision, Revisions, short_id
from controller.state import State
from controller.writing.preview import MeasuredBlindSeconds, Preview, measured_of, nothing_measured, preview_data
from controller.writing.refusals import NoSuchRevision
from controller.writing.request import Restored
from controller.writing.waiting_plan import plan_of_waiting, problems_data, waiting
from ports.threads import Threads


class RevisionAnswers:
    """Answers them.

    Args:
        knowledge: what the controller knows.
        source: where the manifests are.
        revisions: those that were.
        threads: where it is done what takes long.
        blind_seconds: tells how long cameras were blind at earlier changes.
    """

    def __init__(
        self,
        knowledge: Knowledge,
        source: Source,
        revisions: Revisions,
        threads: Threads,
        blind_seconds: MeasuredBlindSeconds = nothing_measured,
    ) -> None:
        self._knowledge = knowledge
        self._source = source
        self._revisions = revisions
        self._threads = threads
        self._blind_seconds = blind_seconds
        self._told: tuple[State, dict[str, Any]] | None = None
        """The plan that waits, as it was told last."""

    async def listed(self, before: str, most: int) -> dict[str, Any]:
        """The newest revisions, as plain data; `next` names where the list goes on.

        Raises:
            RevisionsAway: they cannot be read now.
        """
        found = await self._revisions.listed(before, most + 1)
        as_now, as_read = await self._now()
        told = [self._data(one, as_now, as_read) for one in found[:most]]
        return {"revisions": told, "next": found[most - 1].cursor if len(found) > most else None}

    async def one(self, revision_id: str) -> dict[str, Any]:
        """One of them, with what it changed.

        Raises:
            NoSuchRevision: there is none, or it is not kept any more.
            RevisionsAway: they cannot be read now.
        """
        found = await self._found(revision_id)
        changes = await self._revisions.changes(found)
        as_now, as_read = await self._now()
        files = await self._threads.run(unified_diffs, changes)
        return {**self._data(found, as_now, as_read), "files": [{"path": path, "diff": diff} for path, diff in files]}

    async def restored(self, revision_id: str) -> Restored:
        """What is asked of the one who writes, to go back to one of them.

        Raises:
            NoSuchRevision: there is none, or it is not kept any more.
            RevisionsAway: they cannot be read now.
        """
        found = await self._found(revision_id)
        return Restored(found.revision_id, found.subject, await self._revisions.files(found))

    async def plan(self) -> dict[str, Any]:
        """What waits for approval, and what is wrong with manifests that are not in force.

        Raises:
            RevisionsAway: what they are compared with cannot be read now.
        """
        state = self._knowledge.state
        problems = problems_data(state)
        if (reading := waiting(state)) is None:
            self._told = None
            return {"pending": None, "problems": problems}
        if self._told is None or not _is_same(self._told[0], state):
            self._told = (state, await self._pending(state, reading))
        return {**self._told[1], "problems": problems}

    async def _pending(self, state: State, reading: Loaded) -> dict[str, Any]:
        plan = plan_of_waiting(state, reading)  # not in a thread: planning shares what it remembers with the loop
        in_force, candidate = state.gate.in_force, state.gate.candidate
        base = await self._revisions.found(in_force.id) if in_force else None
        held: Files = {} if base is None else await self._revisions.files(base)
        files = () if base is None else await self._threads.run(_diffs, held, reading)
        parked = candidate.message if candidate else ""
        preview = Preview(
            reading.revision.id, plan, parked, (), files, None, await measured_of(plan, self._blind_seconds)
        )
        made = await self._revisions.found(reading.revision.id) if self._source.revisions else None
        return {
            "pending": reading.revision.id,
            "author": made.author if made else "",
            "subject": made.subject if made else BY_HAND,
            "at": timestamp(made.at) if made else None,
            **preview_data(preview),
        }

    async def _found(self, revision_id: str) -> PastRevision:
        found = await self._revisions.found(revision_id)
        if found is None:
            raise NoSuchRevision(revision_id)
        return found

    async def _now(self) -> tuple[PastRevision | None, PastRevision | None]:
        """The revision that is in force, and that of which the manifests are."""
        state = self._knowledge.state
        in_force, reading = state.gate.in_force, state.reading
        as_now = await self._revisions.found(in_force.id) if in_force else None
        read_id = getattr(reading, "revision_id", "")
        if in_force and read_id == in_force.id:
            return as_now, as_now
        return as_now, await self._revisions.found(read_id) if read_id else None

    def _data(self, one: PastRevision, as_now: PastRevision | None, as_read: PastRevision | None) -> dict[str, Any]:
        is_so = as_read is not None and one.revision_id == as_read.revision_id
        superseded = self._knowledge.state.superseded
        why_not = self._source.why_read_only or (superseded.message if superseded else "")
        return {
            "revision": one.revision_id,
            "author": one.author,
            "at": timestamp(one.at),
            "subject": one.subject,
            "inForce": as_now is not None and one.cursor == as_now.cursor,
            "canRestore": why_not or (f"the manifests are those of {short_id(one.revision_id)}" if is_so else None),
        }


def _is_same(before: State, now: State) -> bool:
    """True when the plan that waits is the same, too."""
    return (
        before.reading is now.reading
        and before.gate.in_the_end is now.gate.in_the_end
        and before.gate.candidate == now.gate.candidate
        and before.published is now.published
        and before.holds is now.holds
    )


def _diffs(held: Files, reading: Loaded) -> tuple[tuple[str, str], ...]:
    wanted = {path: one.source.content for path, one in reading.files.items()}
    changes: FileChanges = {
        path: (held.get(path), wanted.get(path))
        for path in held.keys() | wanted.keys()
        if held.get(path) != wanted.get(path)
    }
    return unified_diffs(changes)
