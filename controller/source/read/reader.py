"""Files to a reading: one revision, valid as a whole, or every problem that keeps it from being one."""

from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Protocol

from controller.by_name import edited
from controller.checks.checker import Checker
from controller.checks.secrets import tells_a_secret
from controller.differing import differing
from controller.model import Problem, Revision
from controller.source.files import SourceFile, digest_of
from controller.source.read.alike_documents import AlikeDocuments
from controller.source.read.crosscheck import Claims, Remark, crosscheck
from controller.source.read.file_reading import FileReading, manifests_of, read_file
from controller.source.read.sound_fleet import SoundFleet
from controller.source.revisions import Revisions
from controller.source.source_edit import SourceEdit, Written
from crds.alike import AlikeTexts
from crds.camera import Camera
from crds.document import Manifest
from crds.dsinstance import DsInstance
from crds.kinds import KINDS


@dataclass(frozen=True)
class Loaded:
    """A revision without a problem."""

    revision: Revision
    files: Mapping[bytes, FileReading] = field(default_factory=dict, repr=False, compare=False)
    """What it was read from, by the paths of the files."""
    checker: Checker = field(default_factory=Checker, repr=False, compare=False)
    """Has checked its instances."""

    @cached_property
    def remarks(self) -> tuple[Remark, ...]:
        """What a person should know of, and need not correct. Found when it is asked for: a controller never asks."""
        return crosscheck(manifests_of(self.files), checker=self.checker).remarks

    @property
    def revision_id(self) -> str:
        """What a person approves of."""
        return self.revision.id


@dataclass(frozen=True)
class Rejected:
    """A revision that a person must correct; the last good one stays in force."""

    revision_id: str
    description: str
    problems: tuple[Problem, ...]
    """Sorted by file and line; never empty."""
    remarks: tuple[Remark, ...] = ()
    """What else a person should know of, as far as it can be told already."""
    files: Mapping[bytes, FileReading] = field(default_factory=dict, repr=False, compare=False)
    """What it was read from, by the paths of the files."""


@dataclass(frozen=True)
class Unreadable:
    """The source could not be read: this says nothing about what should run."""

    message: str


Reading = Loaded | Rejected | Unreadable


class Source(Protocol):
    """Where manifests come from."""

    @property
    def takes_edits_together(self) -> bool:
        """True when several edits, of several people, may be written as one revision."""
        ...

    @property
    def why_read_only(self) -> str:
        """Why it takes no edits, whatever they are, and what to do; empty when it takes some."""
        ...

    @property
    def revisions(self) -> Revisions | None:
        """Its earlier revisions; None when it keeps none itself."""
        ...

    async def read(self) -> Reading:
        """The source as it is now. Never raises for what stands in it or for its being away."""
        ...

    def changes(self) -> AsyncIterator[None]:
        """Yields at once, and whenever the source may have changed: a reason to read it, and no more. Never ends."""
        ...

    def expect(self, revision: Revision) -> None:
        """Has what is as in this revision given out as its very objects; called before anything was read."""
        ...

    async def refresh(self) -> None:
        """Looks at the source now instead of at the next interval, and wakes whoever iterates over `changes`."""
        ...

    async def preview(self, after: Mapping[bytes, bytes | None]) -> Reading:
        """What would be read if some files of the newest reading were others. Nothing is written, or remembered.

        Args:
            after: the content of the files that are others, by path; None for one that is not there.

        Returns:
            A reading whose id is the digest of all its files, whatever the source is.
        """
        ...

    async def write(self, edit: SourceEdit) -> Written:
        """Writes files, as one revision.

        Raises:
            SourceChanged: they are not as they were before the edit.
            NotWritable: the source takes no edits.
            OSError: the disk does not take it; the files are as before.
        """
        ...


@dataclass(frozen=True)
class _Looked:
    """A set of files, and what each of them says by itself."""

    sources: Mapping[bytes, SourceFile] = field(default_factory=dict)
    files: Mapping[bytes, FileReading] = field(default_factory=dict)
    faulty: frozenset[bytes] = frozenset()
    """The paths of those that say something wrong."""


@dataclass(frozen=True)
class _Ahead:
    """What was previewed last and has no problem: most of the time it is read next."""

    after: Mapping[bytes, bytes | None]
    """What it was asked with."""
    looked: _Looked
    sound: SoundFleet
    checker: Checker


class ManifestReader:
    """Reads sets of files. What did not change since the last set is neither parsed nor checked again."""

    def __init__(self) -> None:
        self._root = ""
        self._looked = _Looked()
        self._sound = SoundFleet()
        self._checker = Checker()
        self._ahead: _Ahead | None = None
        self._expected: Revision | None = None
        self._alike = AlikeDocuments()
        self._texts = {kind: AlikeTexts() for kind in KINDS}

    def expect(self, revision: Revision) -> None:
        """Has the first revision that is read share with this one what they have in common: see `Source.expect`."""
        self._expected = revision

    def read(self, files: Iterable[SourceFile], *, root: str, revision_id: str, description: str) -> Reading:
        """Reads a set of files as one revision.

        Args:
            files: all files of the source that may hold manifests.
            root: where the source is, for the positions of problems.
            revision_id: what a person approves of.
            description: for people.
        """
        if root != self._root:
            self._root, self._looked, self._sound, self._ahead = root, _Looked(), SoundFleet(), None
        self._looked = self._look({file.path: file for file in files}, self._looked, self._checker)
        sound = self._previewed(revision_id, description) or self._judged(
            self._sound, self._looked, revision_id, description, self._checker
        )
        self._ahead = None
        if sound is None:
            return self._rejected(self._looked, revision_id, description, self._checker)
        if self._expected is not None:
            sound, self._expected = sound.sharing(self._expected), None
        self._sound = sound
        self._checker.keep_only(sound.revision.instance_by_name)
        return self._loaded(sound, self._checker)

    def preview(self, after: Mapping[bytes, bytes | None], *, description: str) -> Reading:
        """What would be read if some files of the set that was read last were others: see `Source.preview`."""
        ahead = self._ahead
        sources = dict(self._looked.sources)
        for path, content in after.items():
            if content is None:
                sources.pop(path, None)
            elif ahead is not None and ahead.after.get(path) is content:
                sources[path] = ahead.looked.sources[path]
            else:
                sources[path] = SourceFile(path, content)
        # An edit of an edit is looked at as that: of a hundred that are previewed one upon another each is read once.
        base, checker = (ahead.sound, ahead.checker.beside()) if ahead else (self._sound, self._checker.beside())
        looked = self._look(sources, ahead.looked if ahead else self._looked, checker)
        revision_id = digest_of(sources.values())
        sound = self._judged(base, looked, revision_id, description, checker)
        if sound is None:
            return self._rejected(looked, revision_id, description, checker)
        checker.keep_only(sound.revision.instance_by_name)
        self._ahead = _Ahead(after, looked, sound, checker)
        return self._loaded(sound, checker)

    def expected_file(self, path: bytes) -> SourceFile | None:
        """A file as it was previewed last: who reads the same bytes gives out this very object for them."""
        return None if self._ahead is None else self._ahead.looked.sources.get(path)

    def _previewed(self, revision_id: str, description: str) -> SoundFleet | None:
        """The fleet that was previewed, if just that was read."""
        ahead = self._ahead
        if ahead is None or differing(ahead.looked.files, self._looked.files):
            return None
        self._checker.learn(ahead.checker)
        known = ahead.sound.revision
        if (known.id, known.description) == (revision_id, description):
            return ahead.sound
        return ahead.sound.edited(ahead.looked.files, revision_id, description, self._checker)

    def _look(self, sources: Mapping[bytes, SourceFile], before: _Looked, checker: Checker) -> _Looked:
        """Reads what changed."""
        changes: dict[bytes, FileReading | None] = {}
        for path in differing(before.sources, sources):
            if (source := sources.get(path)) is None:
                changes[path] = None
                continue
            # What a person corrects is mostly again as it was before the mistake.
            ahead = self._ahead.looked.files if self._ahead else {}
            places = (before.files, ahead, self._looked.files, self._sound.files)
            known = [one for files in places if (one := files.get(path)) is not None]
            same = next((one for one in known if one.source == source), None)
            changes[path] = same or self._read(source, known, checker)
        faulty = {path for path, reading in changes.items() if reading is not None and not reading.is_sound}
        return _Looked(sources, edited(before.files, changes), (before.faulty - changes.keys()) | faulty)

    @staticmethod
    def _judged(
        base: SoundFleet, looked: _Looked, revision_id: str, description: str, checker: Checker
    ) -> SoundFleet | None:
        """The fleet that the files are, found as an edit of another one; None when something is wrong with it."""
        return None if looked.faulty else base.edited(looked.files, revision_id, description, checker)

    def _read(self, source: SourceFile, known: Sequence[FileReading], checker: Checker) -> FileReading:
        """Reads a file. What looks at all of a manifest does so now, and it is packed afterwards: there are many."""
        reading = read_file(self._root, source, known, self._expected, self._alike)
        _check_by_itself(reading, checker)
        self._pack([reading])
        return replace(reading, telling=tuple(_telling(reading, known)))

    def _pack(self, readings: Iterable[FileReading]) -> None:
        for manifest in (one for reading in readings for one in reading.manifests):
            manifest.pack(self._texts[manifest.kind])

    def _loaded(self, sound: SoundFleet, checker: Checker) -> Reading:
        if sound.revision.is_empty:
            return self._without_manifests(sound.revision.description)
        return Loaded(sound.revision, sound.files, checker)

    def _rejected(self, looked: _Looked, revision_id: str, description: str, checker: Checker) -> Reading:
        """Everything that is wrong. All is looked at again: that is rare, and takes as long as it takes."""
        readings = looked.files.values()
        claimed = [read.claimed for reading in readings for read in reading.broken]
        claims = Claims(
            frozenset(claim for claim in claimed if claim),
            complete=not any(reading.is_unread for reading in readings) and all(claim is not None for claim in claimed),
        )
        manifests = manifests_of(looked.files)
        checked = crosscheck(manifests, claims, checker)
        self._pack(readings)
        checker.keep_only({one.manifest.name for one in manifests if isinstance(one.manifest, DsInstance)})
        problems = [problem for reading in readings for problem in reading.problems] + list(checked.problems)
        if problems:
            return Rejected(
                revision_id, description, tuple(sorted(problems, key=_order)), checked.remarks, looked.files
            )
        found = sorted((located.manifest for located in manifests), key=lambda one: (one.kind, one.name))
        if not found:
            return self._without_manifests(description)
        return Loaded(Revision.of(revision_id, found, description), looked.files, checker)

    def _without_manifests(self, description: str) -> Unreadable:
        return Unreadable(f"{self._root or description}: no file holds a manifest (a Camera, a DsInstance or a Node)")


def _check_by_itself(reading: FileReading, checker: Checker) -> None:
    """Checks the instances whose cameras stand in the same file: most are written so. It is not said what was found."""
    cameras = {one.name: one for one in reading.manifests if isinstance(one, Camera)}
    for one in reading.manifests:
        if isinstance(one, DsInstance) and one.camera_selector is None and cameras.keys() >= set(one.cameras):
            checker.check(one, tuple(cameras[name] for name in dict.fromkeys(one.cameras)))


def _telling(reading: FileReading, known: Sequence[FileReading]) -> Iterator[Manifest]:
    """The manifests that hold a secret. Of those that were there before it is known."""
    before = {id(one) for earlier in known for one in earlier.documents}
    before_telling = {id(one) for earlier in known for one in earlier.telling}
    for one in reading.manifests:
        if id(one) in before_telling or (id(one) not in before and tells_a_secret(one)):
            yield one


def _order(problem: Problem) -> tuple[str, int, int, str, str]:
    at = problem.position
    return (at.file, at.line, at.column, problem.path, problem.message)
