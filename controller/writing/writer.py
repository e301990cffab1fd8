"""The one who writes: one after another, each made from the newest manifests, and answered once it is seen."""

import asyncio
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from controller import decide
from controller.actions import Log
from controller.edits.unified import unified_diffs
from controller.knowledge import Knowledge
from controller.model import ObjectRef
from controller.picture.conditions import Document
from controller.picture.difference import Key
from controller.picture.events import EventType
from controller.picture.store import ObjectStore
from controller.rules import Rules
from controller.source.read.reader import Loaded, Reading, Rejected, Source, Unreadable
from controller.source.revisions import short_id
from controller.source.source_edit import SourceChanged, SourceEdit, Written
from controller.writing.bookkeeping import Bookkeeping
from controller.writing.judgement import Judged
from controller.writing.manifest_form import manifest_in, message_of, what_is_changed
from controller.writing.places import Contents, Places
from controller.writing.plan_words import plan_data, plan_lines
from controller.writing.prepared import Ahead, AskedObject, Prepared
from controller.writing.preparing import SHOWN_WITHIN_SECONDS, Preparing, next_change
from controller.writing.preview import NOTHING_CHANGES, MeasuredBlindSeconds, Preview, measured_of, nothing_measured
from controller.writing.refusals import NotNow, Outdated
from controller.writing.request import Restored, WriteDone, WriteRequest
from controller.writing.together import done_together
from controller.writing.turns import Turn, Turns
from crds.annotations import APPROVE, REASON
from ports.threads import Threads

_ATTEMPTS: Final = 8
_MOST_REASONS: Final = 500
"""Of the newest writes: they are asked for as soon as these are in force."""
_MOST_APPROVALS: Final = 32
_LOOK_SECONDS: Final = 0.02


@dataclass(frozen=True)
class _Made:
    """What became of a request that was not refused."""

    prepared: Prepared
    written: Written | None = None
    """None when nothing had to be written, or nothing shall be."""
    lost: tuple[str, ...] = ()


_WriteTurn = Turn[WriteRequest, _Made]


class Writer:
    """Writes.

    Args:
        knowledge: what the controller knows.
        source: where the manifests are.
        rules: how the controller decides.
        objects: what is shown.
        threads: where it is done what blocks.
        bookkeeping: keeps what clients keep beside the manifests.
        blind_seconds: tells how long the cameras of some instances were blind at earlier changes; raises OSError when it cannot.
    """

    def __init__(
        self,
        knowledge: Knowledge,
        source: Source,
        rules: Rules,
        objects: ObjectStore,
        *,
        threads: Threads,
        bookkeeping: Bookkeeping,
        blind_seconds: MeasuredBlindSeconds = nothing_measured,
    ) -> None:
        self._knowledge = knowledge
        self._source = source
        self._objects = objects
        self._threads = threads
        self._bookkeeping = bookkeeping
        self._blind_seconds = blind_seconds
        self._preparing = Preparing(knowledge, source, rules, objects, threads)
        self._turns: Turns[WriteRequest, _Made] = Turns(self._work, self._together)
        self._places = Places()
        self._approved: deque[str] = deque(maxlen=_MOST_APPROVALS)
        self._reasons: deque[tuple[ObjectRef, Document, str]] = deque(maxlen=_MOST_REASONS)
        self._authors: deque[tuple[str, tuple[str, str]]] = deque(maxlen=_MOST_REASONS)
        self._recalled: set[Key] = set()
        """Kept by an earlier controller; of what is not there any more until the next time something is kept."""

    async def recall(self) -> None:
        """Shows what was kept beside the manifests from now on."""
        known = await self._threads.run(self._bookkeeping.load)
        self._recalled = set(known)
        for key, beside in known.items():
            self._objects.keep_beside(key, beside)

    def reasons(self) -> tuple[tuple[ObjectRef, Document, str], ...]:
        """What was written here of late, the newest last: each object, its manifest, and why, in the words of who asked for that.

        The words are empty when he said nothing. What was written together has other reasons for each.
        """
        return tuple(self._reasons)

    def authorship(self, revision_id: str) -> tuple[str, str] | None:
        """Who wrote a revision of a directory here of late, and what he changed, why; None for one that somebody else made."""
        return next((made for known, made in reversed(self._authors) if known == revision_id), None)

    async def write(self, request: WriteRequest) -> WriteDone:
        """Makes a write, or says what it would do.

        A file that somebody else saves at the same time is read again, and the request asked of what it says then.

        Raises:
            WriteRefused: with the reason; nothing was written.
            NotWritable: the source takes no edits.
            OSError: the disk, or the remote, does not take it; the manifests are as before.
        """
        made = await self._turns.mine(request)
        prepared = made.prepared
        if request.only_looks:
            return replace(_done(made, [one.shown for one in prepared.ones]), preview=await self._preview(prepared))
        if request.dry_run:
            return _done(made, [one.shown for one in prepared.ones])
        if made.written is not None and made.written.branch:
            return _on_a_branch(made, made.written)
        documents = [await self._seen(one) for one in prepared.ones]
        late = tuple(
            f"{one.ref} is written, and not in force yet"
            for one, (_, is_seen) in zip(prepared.ones, documents, strict=True)
            if not is_seen
        )
        if isinstance(request.changes, Restored) and made.written is not None:
            late += await self._shown(made.written.revision_id)
        return _done(made, [document for document, _ in documents], (*late, *made.lost))

    async def _preview(self, prepared: Prepared) -> Preview:
        """What people are shown of a write before it is made. Nobody who writes waits for that."""
        judged, ones = prepared.judged, prepared.ones
        plan = judged.plan if judged else NOTHING_CHANGES
        is_shown = len(ones) == 1 and ones[0].wanted is not None
        return Preview(
            judged.revision_id if judged else "",
            plan,
            judged.parked if judged else "",
            prepared.warnings,
            await self._threads.run(unified_diffs, prepared.files),
            ones[0].shown if is_shown else None,
            await measured_of(plan, self._blind_seconds),
        )

    def _together(self, requests: list[WriteRequest]) -> list[int]:
        return done_together(requests) if self._source.takes_edits_together else [0]

    async def _work(self, turns: list[_WriteTurn]) -> None:
        """Judges requests one upon another, and writes all that are sound at once. They are one revision."""
        for _ in range(_ATTEMPTS):
            left = [one for one in turns if not one.answer.done()]
            try:
                await self._attempt(left)
            except SourceChanged:
                continue
            return
        for one in turns:
            one.failed(Outdated(None, f"the manifests changed {_ATTEMPTS} times while this was written: try again"))

    async def _attempt(self, turns: list[_WriteTurn]) -> None:
        if (superseded := self._knowledge.state.superseded) is not None:
            raise NotNow(f"nothing can be written here: {superseded.message}")
        reading = await self._read()
        judged, ahead = await self._judge(turns, reading)
        try:
            await self._make(judged, ahead)
        except SourceChanged:
            raise
        except Exception as error:  # noqa: BLE001 - why nothing was written is told to all who wanted it
            for turn, _ in judged:
                turn.failed(error)

    async def _judge(
        self, turns: Sequence[_WriteTurn], reading: Loaded | Rejected
    ) -> tuple[list[tuple[_WriteTurn, Prepared]], Ahead]:
        """Those that are to be written, and the manifests with them. An approval is of one outcome: of its write alone."""
        ahead = Ahead(reading, self._places, self._knowledge.state.gate.in_the_end)
        judged: list[tuple[_WriteTurn, Prepared]] = []
        for turn in turns:
            try:
                prepared = await self._preparing.prepare(turn.asked, reading, ahead, self._approved)
            except SourceChanged:
                raise
            except Exception as error:  # noqa: BLE001 - whatever is wrong with one is told to who asked for it
                turn.failed(error)
                continue
            is_alone = prepared.judged is not None and prepared.judged.is_approved
            if turn.asked.dry_run:
                turn.done(_Made(prepared))
            elif not (is_alone and judged):
                judged.append((turn, prepared))
                ahead = prepared.ahead
            if is_alone and not turn.asked.dry_run:
                break
        return judged, ahead

    async def _make(self, judged: Sequence[tuple[_WriteTurn, Prepared]], ahead: Ahead) -> None:
        for turn, prepared in judged:
            if approve := prepared.asks.get(APPROVE, turn.asked.approve):
                self._approved.append(approve)
        edits = [(turn.asked, one, one.judged) for turn, one in judged if one.judged is not None]
        written = await self._write(edits, ahead) if edits else None
        lost: tuple[str, ...] = ()
        if written is None or not written.branch:
            ones = [one for _, prepared in judged for one in prepared.ones]
            lost = await self._keep_beside(ones, is_written=written is not None)
        for turn, prepared in judged:
            turn.done(_Made(prepared, written if prepared.judged is not None else None, lost))

    async def _read(self) -> Loaded | Rejected:
        """The manifests as they are now; the controller is told of them."""
        reading = await self._source.read()
        self._take(reading)
        if isinstance(reading, Unreadable):
            raise NotNow(f"the manifests cannot be read: {reading.message}")
        self._places = self._places.of(reading.files)
        return reading

    def _take(self, reading: Reading, ahead: Ahead | None = None) -> None:
        if reading is not self._knowledge.state.reading:
            state = decide.has_read(self._knowledge.state, reading)
            self._knowledge.become(decide.has_planned(state, ahead.in_the_end) if ahead else state)
            self._knowledge.wake.set()

    async def _write(self, edits: Sequence[tuple[WriteRequest, Prepared, Judged]], ahead: Ahead) -> Written:
        subjects = [_subject(asked, prepared) for asked, prepared, _ in edits]
        request, _, judged = edits[-1]
        reasons = [one.asks.get(REASON, asked.reason) for asked, one, _ in edits]
        reason = "; ".join(dict.fromkeys(one for one in reasons if one))
        message = message_of("; ".join(subjects), reason)
        contents = Contents(self._places.files)
        before = {path: contents.get(path) for path in ahead.files}
        if judged.is_approved:
            # A directory is known by this id as soon as it is written, and may be read by others before we hear of that.
            self._approve(judged.revision_id)
        authors = ", ".join(dict.fromkeys(asked.author for asked, _, _ in edits))
        told = " ".join(f"{'; '.join(subjects)}{f' ({reason})' if reason else ''}".split())
        self._authors.append((judged.revision_id, (authors, told)))
        written = await self._source.write(SourceEdit(before, ahead.files, request.author, message))
        for (_, prepared, _), why in zip(edits, reasons, strict=True):
            self._reasons.extend((one.ref, one.manifest, why) for one in prepared.ones if one.is_edit and one.manifest)
        if judged.is_approved and not written.branch:
            self._approve(written.revision_id)
        where = f"revision {written.revision_id}{f' on {written.branch}' if written.branch else ''}"
        notes = [
            Log(EventType.NORMAL, f"{one.author}: {subject} ({where})")
            for (one, _, _), subject in zip(edits, subjects, strict=True)
        ]
        self._knowledge.become(self._knowledge.state, tuple(notes))
        if not written.branch:
            self._take(await self._source.read(), ahead)
        return written

    def _approve(self, revision_id: str) -> None:
        self._knowledge.become(decide.approve_beforehand(self._knowledge.state, revision_id))

    async def _keep_beside(self, ones: Iterable[AskedObject], *, is_written: bool) -> tuple[str, ...]:
        """Keeps what clients have beside the manifests; says so when it is lost at the next start: that undoes no write."""
        gone = {key for key in self._recalled if ObjectRef(*key) not in self._places.by_ref}
        changes: dict[Key, Document] = {key: {} for key in gone}
        for one in ones:
            new = one.wanted.beside if one.wanted else {}
            if new != (one.stored.beside if one.stored else {}):
                changes[one.ref.kind, one.ref.name] = new
        lost: tuple[str, ...] = ()
        if changes:
            try:
                await self._threads.run(self._bookkeeping.store, changes)
            except OSError as error:
                if not is_written:
                    raise
                lost = (f"it is written; what kubectl keeps beside it is not on disk, which says {error.strerror}",)
            else:
                self._recalled.clear()
        for key, beside in changes.items():
            self._objects.keep_beside(key, beside)
        return lost

    async def _shown(self, revision_id: str) -> tuple[str, ...]:
        """Returns once a revision is in force and shown; says so when that takes too long."""
        deadline = asyncio.get_running_loop().time() + SHOWN_WITHIN_SECONDS
        while (shown := self._knowledge.shown) is None or shown.id != revision_id:
            if asyncio.get_running_loop().time() >= deadline:
                return (f"revision {revision_id} is written, and not in force yet",)
            await asyncio.sleep(_LOOK_SECONDS)
        return ()

    async def _seen(self, one: AskedObject) -> tuple[Document, bool]:
        """The object once it is shown as it was written, or as somebody wrote it after that; and whether it is."""
        deadline = asyncio.get_running_loop().time() + SHOWN_WITHIN_SECONDS
        was = None if one.stored is None else manifest_in(one.stored.source)
        while one.is_edit:
            stored = self._objects.get(one.ref.kind, one.ref.name)
            if stored is not one.stored:
                shown = None if stored is None else manifest_in(stored.source)
                if shown != was or shown == one.manifest:
                    break
            if asyncio.get_running_loop().time() >= deadline:
                return one.shown, False
            await next_change(self._objects, one.ref)
        self._objects.show_beside((one.ref.kind, one.ref.name))
        stored = self._objects.get(one.ref.kind, one.ref.name)
        return (stored.document if stored is not None and one.wanted is not None else one.shown), True


def _subject(request: WriteRequest, prepared: Prepared) -> str:
    if isinstance(request.changes, Restored):
        return f"Restore {short_id(request.changes.revision_id)}: {request.changes.subject}"
    return what_is_changed(request.verb, tuple(one.ref for one in prepared.ones if one.is_edit))


def _done(made: _Made, documents: Sequence[Document], more: tuple[str, ...] = ()) -> WriteDone:
    prepared, judged, revision_id = (
        made.prepared,
        made.prepared.judged,
        made.written.revision_id if made.written else "",
    )
    lines = plan_lines(judged.plan) if judged else ()
    plan = plan_data(judged.plan, revision_id or judged.revision_id) if judged else {}
    return WriteDone(tuple(documents), revision_id, (*more, *prepared.warnings, *lines), plan)


def _on_a_branch(made: _Made, written: Written) -> WriteDone:
    where = f": {written.pull_request_url}" if written.pull_request_url else ""
    told = f"it is committed on branch {written.branch} and not in force before that is taken over{where}"
    done = _done(made, [one.shown for one in made.prepared.ones], (told,))
    return WriteDone(
        done.documents, done.revision_id, done.warnings, done.plan, written.branch, written.pull_request_url
    )
