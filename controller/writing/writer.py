"""The one who writes: one write at a time, each made from the newest manifests, and answered once it is seen."""

import asyncio
import contextlib
import json
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from controller import decide
from controller.actions import Log
from controller.edits.files import edit_files
from controller.edits.object_edit import CannotEdit, ObjectEdit
from controller.knowledge import Knowledge
from controller.model import ObjectRef, Position, Problem
from controller.picture.conditions import Document
from controller.picture.difference import Key
from controller.picture.events import EventType
from controller.picture.store import ObjectStore, Stored
from controller.rules import Rules
from controller.source.read.reader import Loaded, Reading, Rejected, Source, Unreadable
from controller.source.source_edit import SourceChanged, SourceEdit, Written
from controller.writing.bookkeeping import MOST_CHARACTERS, Bookkeeping
from controller.writing.judgement import Judged, judge
from controller.writing.manifest_form import Wanted, as_shown, manifest_in, message_of, taken_apart, what_is_changed
from controller.writing.places import Contents, Places
from controller.writing.plan_words import plan_data, plan_lines
from controller.writing.refusals import NotNow, NotThere, Outdated, UnknownFields, Unsound
from controller.writing.request import ObjectChange, Selected, WriteDone, WriteRequest
from controller.writing.turns import Turns
from controller.writing.unknown_fields import without_unknown_fields
from crds.annotations import APPROVE, FILE, REASON
from ports.threads import Threads

SHOWN_WITHIN_SECONDS: Final = 5.0
"""As long as an answer waits until what was written is shown, and a write until what was read is."""
_LOOK_SECONDS: Final = 0.25
_ATTEMPTS: Final = 8
_MOST_REASONS: Final = 100
"""Of the newest writes: they are asked for as soon as these are in force."""
_MOST_APPROVALS: Final = 32
MODIFIED: Final = "the object has been modified; please apply your changes to the latest version and try again"
"""The words that clients know from Kubernetes."""


@dataclass(frozen=True)
class _One:
    """One object that is asked for, beside what it is."""

    ref: ObjectRef
    stored: Stored | None
    wanted: Wanted | None
    """None for one that is to go."""
    before: Document | None
    """The manifest as it is; empty for one that says something wrong."""

    @property
    def manifest(self) -> Document | None:
        """The manifest as it is to be."""
        return None if self.wanted is None else self.wanted.manifest

    @property
    def is_edit(self) -> bool:
        """True when its manifest is to be another one."""
        return self.manifest != self.before

    @property
    def shown(self) -> Document:
        """It as it would be shown; as it was, when it is to go."""
        if self.wanted is not None:
            return as_shown(self.wanted, self.stored)
        return self.stored.document if self.stored is not None else {}


@dataclass(frozen=True)
class _Prepared:
    ones: tuple[_One, ...]
    files: Mapping[bytes, bytes | None]
    """Those that become others."""
    before: Mapping[bytes, bytes | None]
    judged: Judged | None
    """None when no file becomes another one."""
    asks: Mapping[str, str]
    warnings: tuple[str, ...]


class Writer:
    """Writes.

    Args:
        knowledge: what the controller knows.
        source: where the manifests are.
        rules: how the controller decides.
        objects: what is shown.
        threads: where it is done what blocks.
        bookkeeping: keeps what clients keep beside the manifests.
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
    ) -> None:
        self._knowledge = knowledge
        self._source = source
        self._rules = rules
        self._objects = objects
        self._threads = threads
        self._bookkeeping = bookkeeping
        self._turns = Turns()
        self._places = Places()
        self._approved: deque[str] = deque(maxlen=_MOST_APPROVALS)
        self._reasons: deque[tuple[str, str]] = deque(maxlen=_MOST_REASONS)
        self._recalled: set[Key] = set()
        """Kept by an earlier controller; of what is not there any more until the next time something is kept."""

    async def recall(self) -> None:
        """Shows what was kept beside the manifests from now on."""
        known = await self._threads.run(self._bookkeeping.load)
        self._recalled = set(known)
        for key, beside in known.items():
            self._objects.keep_beside(key, beside)

    def why(self, revision_id: str) -> str:
        """Why one of the newest revisions was written here, in the words of who asked for it; empty when he said nothing."""
        return next((reason for written, reason in self._reasons if written == revision_id), "")

    async def write(self, request: WriteRequest) -> WriteDone:
        """Makes a write, or says what it would do.

        A file that somebody else saves at the same time is read again, and the request asked of what it says then.

        Raises:
            WriteRefused: with the reason; nothing was written.
            NotWritable: the source takes no edits.
            OSError: the disk, or the remote, does not take it; the manifests are as before.
        """
        for _ in range(_ATTEMPTS):
            with contextlib.suppress(SourceChanged):
                return await self._attempt(request)
        raise Outdated(None, f"the manifests changed {_ATTEMPTS} times while this was written: try again")

    async def _attempt(self, request: WriteRequest) -> WriteDone:
        async with self._turns.mine():
            prepared = await self._prepare(request)
            if request.dry_run:
                return self._done(prepared, [one.shown for one in prepared.ones])
            if approve := prepared.asks.get(APPROVE, request.approve):
                self._approved.append(approve)
            written = None
            if prepared.judged is not None:
                written = await self._write(request, prepared, prepared.judged)
                if written.branch:
                    return self._on_a_branch(prepared, written)
            lost = await self._keep_beside(prepared.ones, is_written=written is not None)
        documents = [await self._seen(one) for one in prepared.ones]
        late = tuple(
            f"{one.ref} is written, and not in force yet"
            for one, (_, is_seen) in zip(prepared.ones, documents, strict=True)
            if not is_seen
        )
        return self._done(prepared, [document for document, _ in documents], written, (*late, *lost))

    @staticmethod
    def _done(
        prepared: _Prepared, documents: Sequence[Document], written: Written | None = None, more: tuple[str, ...] = ()
    ) -> WriteDone:
        judged, revision_id = prepared.judged, written.revision_id if written else ""
        lines = plan_lines(judged.plan) if judged else ()
        plan = plan_data(judged.plan, revision_id or judged.revision_id) if judged else {}
        return WriteDone(tuple(documents), revision_id, (*more, *prepared.warnings, *lines), plan)

    def _on_a_branch(self, prepared: _Prepared, written: Written) -> WriteDone:
        where = f": {written.pull_request_url}" if written.pull_request_url else ""
        told = f"it is committed on branch {written.branch} and not in force before that is taken over{where}"
        done = self._done(prepared, [one.shown for one in prepared.ones], written, (told,))
        return WriteDone(
            done.documents, done.revision_id, done.warnings, done.plan, written.branch, written.pull_request_url
        )

    # --- what would be written ------------------------------------------------------------------------------------------

    async def _prepare(self, request: WriteRequest) -> _Prepared:
        if (superseded := self._knowledge.state.superseded) is not None:
            raise NotNow(f"nothing can be written here: {superseded.message}")
        reading = await self._read()
        warnings: list[str] = []
        changes = request.changes
        if isinstance(changes, Selected):
            changes = tuple(_deletion(ObjectRef(changes.kind, name)) for name in self._selected(changes))
        ones = tuple([await self._ask(change, reading, request, warnings) for change in changes])
        if isinstance(request.changes, Selected):
            # What somebody saved a moment ago is shown only now, and may be nothing that is to go.
            matches = request.changes.matches
            ones = tuple(one for one in ones if one.stored is not None and matches(one.stored))
        asks = {name: text for one in ones if one.wanted for name, text in one.wanted.asks.items()}
        edits = [ObjectEdit(one.ref, one.manifest, asks.get(FILE, "")) for one in ones if one.is_edit]
        if not edits:
            return _Prepared(ones, {}, {}, None, asks, tuple(warnings))
        contents, ref = Contents(self._places.files), edits[0].ref if len(edits) == 1 else None
        try:
            files = await self._threads.run(edit_files, contents, self._places.by_ref, edits)
        except CannotEdit as error:
            raise Unsound(ref, (error.problem,)) from None
        preview = await self._source.preview(files)
        if isinstance(preview, Unreadable):
            raise Unsound(
                ref, (Problem(Position("", 1, 1), "", f"nothing would be left of the fleet: {preview.message}"),)
            )
        approvals = (asks.get(APPROVE, ""), request.approve, *self._approved)
        judged = judge(self._knowledge.state, self._rules, reading, preview, ref, approvals)
        _require_what_is_wanted(preview, edits)
        return _Prepared(ones, files, {path: contents.get(path) for path in files}, judged, asks, tuple(warnings))

    def _selected(self, selected: Selected) -> list[str]:
        found = [
            one.document["metadata"]["name"] for one in self._objects.objects(selected.kind) if selected.matches(one)
        ]
        return [name for name in found if ObjectRef(selected.kind, name) in self._places.by_ref]

    async def _read(self) -> Loaded | Rejected:
        """The manifests as they are now; the controller is told of them."""
        reading = await self._source.read()
        self._take(reading)
        if isinstance(reading, Unreadable):
            raise NotNow(f"the manifests cannot be read: {reading.message}")
        self._places = self._places.of(reading.files)
        return reading

    def _take(self, reading: Reading) -> None:
        if reading is not self._knowledge.state.reading:
            self._knowledge.become(decide.has_read(self._knowledge.state, reading))
            self._knowledge.wake.set()

    async def _ask(
        self, change: ObjectChange, reading: Loaded | Rejected, request: WriteRequest, warnings: list[str]
    ) -> _One:
        ref = change.ref
        stored, before = await self._as_read(ref, reading)
        if stored is not None and before is not None:
            if change.uid and change.uid != stored.document["metadata"]["uid"]:
                raise Outdated(ref, f"the precondition failed: it has another uid than {change.uid}")
            if change.resource_version and change.resource_version != str(stored.version):
                raise Outdated(ref, MODIFIED)
        document = change.make(stored.document if stored is not None and before is not None else None)
        if document is None:
            request.permit(ref, before, None)
            return _One(ref, stored, None, before)
        wanted = taken_apart(document, before)
        request.permit(ref, before, wanted.manifest)
        if wanted.beside and len(json.dumps(wanted.beside)) > MOST_CHARACTERS:
            told = f"managedFields and what kubectl applied have more than {MOST_CHARACTERS:,} characters"
            raise Unsound(ref, (Problem(Position("", 1, 1), "metadata", told),))
        if request.approve or APPROVE in wanted.asks:
            request.permit_approval()
        manifest, unknown = without_unknown_fields(wanted.manifest)
        not_known = [f'unknown field "{path}"' for path in unknown]
        if not_known and request.field_validation == "Strict":
            raise UnknownFields(f"strict decoding error: {', '.join(not_known)}")
        if request.field_validation != "Ignore":
            warnings += not_known
        return _One(ref, stored, Wanted(manifest, wanted.beside, wanted.asks), before)

    async def _as_read(self, ref: ObjectRef, reading: Loaded | Rejected) -> tuple[Stored | None, Document | None]:
        """An object as it is shown, and its manifest, once both say the same.

        Raises:
            Outdated: they will not: what was read is not in force.
        """
        found = self._places.manifest(ref)
        manifest = None if found is None else manifest_in(found.document())
        deadline = asyncio.get_running_loop().time() + SHOWN_WITHIN_SECONDS
        while True:
            stored = self._objects.get(ref.kind, ref.name)
            shown = None if stored is None else manifest_in(stored.source)
            if manifest is None and stored is not None and ref in self._places.by_ref:
                return stored, {}
            if shown == manifest:
                self._objects.show_beside((ref.kind, ref.name))
                return self._objects.get(ref.kind, ref.name), manifest
            if manifest is None and self._is_asking_to_join(ref, stored):
                return None, None
            state = self._knowledge.state
            if state.reading is not reading:
                raise SourceChanged("the manifests were read again")
            is_set_aside = state.is_reading_decided and not (
                state.gate.in_force and state.gate.in_force.id == reading.revision_id
            )
            if is_set_aside or asyncio.get_running_loop().time() >= deadline:
                why = state.gate.candidate.message if state.gate.candidate else "it is being read"
                raise Outdated(ref, f"its manifest says something else than what is in force: {why}")
            await self._next_change(ref)

    def _is_asking_to_join(self, ref: ObjectRef, stored: Stored | None) -> bool:
        """True for a node that is shown and in no manifest."""
        in_force = self._knowledge.state.gate.in_force
        is_known = in_force is not None and in_force.manifest(ref.kind, ref.name) is not None
        return stored is not None and not is_known and stored.source.get("status", {}).get("phase") == "Pending"

    async def _next_change(self, ref: ObjectRef) -> None:
        """Returns when something of this kind is shown otherwise, or soon."""
        cursor = self._objects.cursor(ref.kind)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_LOOK_SECONDS):
                await cursor.wait()

    # --- what is written ------------------------------------------------------------------------------------------------

    async def _write(self, request: WriteRequest, prepared: _Prepared, judged: Judged) -> Written:
        refs = tuple(one.ref for one in prepared.ones if one.is_edit)
        subject = what_is_changed(request.verb, refs)
        reason = prepared.asks.get(REASON, request.reason)
        message = message_of(subject, reason)
        edit = SourceEdit(prepared.before, prepared.files, request.author, message)
        if judged.is_approved:
            # A directory is known by this id as soon as it is written, and may be read by others before we hear of that.
            self._approve(judged.revision_id)
        written = await self._source.write(edit)
        if reason:
            self._reasons.append((written.revision_id, reason))
        if judged.is_approved and not written.branch:
            self._approve(written.revision_id)
        text = f"{request.author}: {subject} (revision {written.revision_id}{f' on {written.branch}' if written.branch else ''})"
        self._knowledge.become(self._knowledge.state, (Log(EventType.NORMAL, text),))
        if not written.branch:
            self._take(await self._source.read())
        return written

    def _approve(self, revision_id: str) -> None:
        self._knowledge.become(decide.approve_beforehand(self._knowledge.state, revision_id))

    async def _keep_beside(self, ones: Sequence[_One], *, is_written: bool) -> tuple[str, ...]:
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

    async def _seen(self, one: _One) -> tuple[Document, bool]:
        """The object once it is shown as it was written, or as somebody wrote it after that; and whether it is."""
        deadline = asyncio.get_running_loop().time() + SHOWN_WITHIN_SECONDS
        while True:
            stored = self._objects.get(one.ref.kind, one.ref.name)
            shown = None if stored is None else manifest_in(stored.source)
            was = None if one.stored is None else manifest_in(one.stored.source)
            if not one.is_edit or shown != was or shown == one.manifest:
                break
            if asyncio.get_running_loop().time() >= deadline:
                return one.shown, False
            await self._next_change(one.ref)
        self._objects.show_beside((one.ref.kind, one.ref.name))
        stored = self._objects.get(one.ref.kind, one.ref.name)
        return (stored.document if stored is not None and one.wanted is not None else one.shown), True


def _deletion(ref: ObjectRef) -> ObjectChange:
    def make(current: Document | None) -> None:
        if current is None:
            raise NotThere(ref)

    return ObjectChange(ref, make)


def _require_what_is_wanted(preview: Loaded | Rejected, edits: Sequence[ObjectEdit]) -> None:
    """Nothing is written that would be read as something else than was asked for."""
    if not isinstance(preview, Loaded):
        return
    for edit in edits:
        manifest = preview.revision.manifest(edit.ref.kind, edit.ref.name)
        if (None if manifest is None else manifest_in(manifest.document())) != edit.wanted:
            raise RuntimeError(f"{edit.ref} would be read as something else than was asked for")
