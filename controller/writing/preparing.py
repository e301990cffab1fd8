"""What is asked of objects, made into edits of their files that are judged: nothing is written here."""

import asyncio
import contextlib
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Final

from controller.edits.files import edit_files
from controller.edits.object_edit import CannotEdit, ObjectEdit
from controller.knowledge import Knowledge
from controller.model import ObjectRef, Position, Problem
from controller.picture.conditions import Document
from controller.picture.store import ObjectStore, Stored
from controller.rules import Rules
from controller.source.read.reader import Loaded, Rejected, Source, Unreadable
from controller.source.revisions import Files
from controller.source.source_edit import SourceChanged
from controller.writing.bookkeeping import MOST_CHARACTERS
from controller.writing.judgement import judge
from controller.writing.manifest_form import Wanted, manifest_in, taken_apart
from controller.writing.places import Contents, Places
from controller.writing.prepared import Ahead, AskedObject, Prepared
from controller.writing.refusals import NotThere, Outdated, UnknownFields, Unsound
from controller.writing.request import MODIFIED, ObjectChange, Restored, Selected, WriteRequest
from controller.writing.unknown_fields import without_unknown_fields
from crds.annotations import APPROVE, FILE
from ports.threads import Threads

SHOWN_WITHIN_SECONDS: Final = 5.0
"""As long as an answer waits until what was written is shown, and a write until what was read is."""
_LOOK_SECONDS: Final = 0.25


class Preparing:
    """Prepares writes: what is asked is asked of the objects as they are, and of nothing that is older.

    Args:
        knowledge: what the controller knows.
        source: where the manifests are.
        rules: how the controller decides.
        objects: what is shown.
        threads: where it is done what takes long.
    """

    def __init__(
        self, knowledge: Knowledge, source: Source, rules: Rules, objects: ObjectStore, threads: Threads
    ) -> None:
        self._knowledge = knowledge
        self._source = source
        self._rules = rules
        self._objects = objects
        self._threads = threads

    async def prepare(
        self, request: WriteRequest, reading: Loaded | Rejected, ahead: Ahead, approvals: Collection[str]
    ) -> Prepared:
        """What comes of a request.

        Args:
            request: what is asked.
            reading: the manifests as they are.
            ahead: as they will be after the writes before this one, none of which is of the same objects.
            approvals: the revisions that were approved before.

        Raises:
            WriteRefused: with the reason.
            SourceChanged: the manifests were read again meanwhile.
        """
        warnings: list[str] = []
        changes = request.changes
        contents = Contents(ahead.places.files)
        if isinstance(changes, Restored):
            files = await self._threads.run(_restored, contents, changes.files)
            return await self._judge(request, reading, ahead, approvals, Prepared((), None, {}, (), ahead), files)
        if isinstance(changes, Selected):
            changes = tuple(_deletion(ObjectRef(changes.kind, name)) for name in self._selected(changes, ahead.places))
        ones = tuple([await self._ask(change, reading, ahead.places, request, warnings) for change in changes])
        if isinstance(request.changes, Selected):
            # What somebody saved a moment ago is shown only now, and may be nothing that is to go.
            matches = request.changes.matches
            ones = tuple(one for one in ones if one.stored is not None and matches(one.stored))
        asks = {name: text for one in ones if one.wanted for name, text in one.wanted.asks.items()}
        edits = [ObjectEdit(one.ref, one.manifest, asks.get(FILE, "")) for one in ones if one.is_edit]
        prepared = Prepared(ones, None, asks, tuple(warnings), ahead)
        if not edits:
            return prepared
        try:
            files = await self._threads.run(edit_files, contents, ahead.places.by_ref, edits)
        except CannotEdit as error:
            raise Unsound(_only_one(edits), (error.problem,)) from None
        return await self._judge(request, reading, ahead, approvals, prepared, files, edits)

    async def _judge(
        self,
        request: WriteRequest,
        reading: Loaded | Rejected,
        ahead: Ahead,
        approvals: Collection[str],
        prepared: Prepared,
        files: Mapping[bytes, bytes | None],
        edits: Sequence[ObjectEdit] = (),
    ) -> Prepared:
        """With what is judged of files that become others; as it is when none does."""
        if not files:
            return prepared
        contents, ref = Contents(ahead.places.files), _only_one(edits)
        edited = {path: (contents.get(path), after) for path, after in files.items()} if request.only_looks else {}
        files = {**ahead.files, **files}
        preview = await self._source.preview(files)
        if isinstance(preview, Unreadable):
            raise Unsound(
                ref, (Problem(Position("", 1, 1), "", f"nothing would be left of the fleet: {preview.message}"),)
            )
        approved = (prepared.asks.get(APPROVE, ""), request.approve, *approvals)
        judged = judge(
            self._knowledge.state,
            self._rules,
            reading,
            preview,
            ref,
            approved,
            ahead.in_the_end,
            only_looks=request.only_looks,
        )
        _require_what_is_wanted(preview, edits)
        after = Ahead(preview, ahead.places.of(preview.files), judged.in_the_end, files)
        return replace(prepared, judged=judged, ahead=after, files=edited)

    def _selected(self, selected: Selected, places: Places) -> list[str]:
        found = [
            one.document["metadata"]["name"] for one in self._objects.objects(selected.kind) if selected.matches(one)
        ]
        return [name for name in found if ObjectRef(selected.kind, name) in places.by_ref]

    async def _ask(
        self,
        change: ObjectChange,
        reading: Loaded | Rejected,
        places: Places,
        request: WriteRequest,
        warnings: list[str],
    ) -> AskedObject:
        ref = change.ref
        stored, before = await self._as_read(ref, reading, places)
        if stored is not None and before is not None:
            if change.uid and change.uid != stored.document["metadata"]["uid"]:
                raise Outdated(ref, f"the precondition failed: it has another uid than {change.uid}")
            if change.resource_version and change.resource_version != str(stored.version):
                raise Outdated(ref, MODIFIED)
        document = change.make(stored.document if stored is not None and before is not None else None)
        if document is None:
            request.permit(ref, before, None)
            return AskedObject(ref, stored, None, before)
        wanted = taken_apart(document, before)
        request.permit(ref, before, wanted.manifest)
        if wanted.beside and len(json.dumps(wanted.beside)) > MOST_CHARACTERS:
            told = f"managedFields and what kubectl applied have more than {MOST_CHARACTERS:,} characters"
            raise Unsound(ref, (Problem(Position("", 1, 1), "metadata", told),))
        if request.approve or APPROVE in wanted.asks:
            request.permit_approval()
        manifest, unknown = without_unknown_fields(wanted.manifest)
        if unknown and request.field_validation == "Strict":
            raise UnknownFields(f"strict decoding error: {', '.join(unknown)}")
        if request.field_validation != "Ignore":
            warnings += unknown
        return AskedObject(ref, stored, Wanted(manifest, wanted.beside, wanted.asks), before)

    async def _as_read(
        self, ref: ObjectRef, reading: Loaded | Rejected, places: Places
    ) -> tuple[Stored | None, Document | None]:
        """An object as it is shown, and its manifest, once both say the same.

        Raises:
            Outdated: they will not: what was read is not in force.
        """
        found = places.manifest(ref)
        manifest = None if found is None else manifest_in(found.document())
        deadline = asyncio.get_running_loop().time() + SHOWN_WITHIN_SECONDS
        while True:
            stored = self._objects.get(ref.kind, ref.name)
            shown = None if stored is None else manifest_in(stored.source)
            if manifest is None and stored is not None and ref in places.by_ref:
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
            await next_change(self._objects, ref)

    def _is_asking_to_join(self, ref: ObjectRef, stored: Stored | None) -> bool:
        """True for a node that is shown and in no manifest."""
        in_force = self._knowledge.state.gate.in_force
        is_known = in_force is not None and in_force.manifest(ref.kind, ref.name) is not None
        return stored is not None and not is_known and stored.source.get("status", {}).get("phase") == "Pending"


async def next_change(objects: ObjectStore, ref: ObjectRef) -> None:
    """Returns when something of the kind of an object is shown otherwise, or soon."""
    cursor = objects.cursor(ref.kind)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_LOOK_SECONDS):
            await cursor.wait()


def _restored(contents: Contents, wanted: Files) -> Mapping[bytes, bytes | None]:
    """The files that become others so that there are those that are wanted, and no more."""
    gone = dict.fromkeys(contents.keys() - wanted.keys())
    return {**gone, **{path: content for path, content in wanted.items() if contents.get(path) != content}}


def _only_one(edits: Sequence[ObjectEdit]) -> ObjectRef | None:
    return edits[0].ref if len(edits) == 1 else None


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
