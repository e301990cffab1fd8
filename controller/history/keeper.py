"""Writes down the versions of instances as they come into force, beside the loop."""

import asyncio
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from controller.actions import Tell
from controller.differing import differing
from controller.history.version import CHANGE_CAUSE, Newest, Version, key_of, number_of, spec_of_version
from controller.history.version_file import Kept, Versions
from controller.knowledge import Knowledge
from controller.model import ObjectRef, Revision
from controller.picture.events import EventType
from controller.timings import Timings
from crds.dsinstance import DsInstance
from ports.threads import Threads

Reasons = Sequence[tuple[ObjectRef, Mapping[str, Any], str]]
"""Objects that were written, the newest last: each with its manifest, and why; empty for no reason."""
_AT_ONCE = 200
"""Instances that are looked at in one go: some ten milliseconds of a thread."""
_DIRECTORY = "sha256:"
"""How the ids of revisions begin that have no author and no message."""


class VersionKeeper:
    """The one who writes them. Of versions that follow each other within milliseconds, the newest alone is kept."""

    def __init__(
        self,
        versions: Versions,
        knowledge: Knowledge,
        threads: Threads,
        timings: Timings,
        reasons: Callable[[], Reasons] = tuple,
    ) -> None:
        """Keeps nothing yet.

        Args:
            versions: where they are kept.
            knowledge: what is in force.
            threads: run what blocks.
            timings: when it is tried again.
            reasons: tells what people wrote of late, and why.
        """
        self._versions = versions
        self._knowledge = knowledge
        self._threads = threads
        self._timings = timings
        self._reasons = reasons
        self._found: Kept | None = None
        """As it was at the start; None before that."""
        self._kept: Revision | None = None
        """Of which all versions are kept."""
        self._newest: dict[str, Newest] = {}

    def newest(self, instance: str) -> Newest | None:
        """Number and key of the version of an instance that was kept last."""
        return self._newest.get(instance)

    async def of(self, instance: str) -> tuple[Version, ...]:
        """The versions of an instance that are kept, from the oldest to the newest.

        Raises:
            OSError: they cannot be read now.
        """
        return await self._threads.run(self._versions.of, instance)

    async def load(self) -> None:
        """Knows again what was kept."""
        self._found = await self._threads.run(self._versions.load)
        self._newest = dict(self._found.newest)

    async def keep(self) -> None:
        """Keeps each revision that comes into force. Ends when the disk does not take it, after a while."""
        try:
            if self._found is None:
                await self.load()
            if self._kept is None:
                self._knowledge.specs_changed.set()  # something may be in force already
            while True:
                await self.take(await self._next())
        except OSError as error:
            text = f"the versions of instances cannot be kept on disk: {error}"
            told = Tell(EventType.WARNING, "VersionsNotKept", text)
            self._knowledge.become(self._knowledge.state, (told,))
            await asyncio.sleep(self._timings.keep_again_seconds)
            self._knowledge.specs_changed.set()

    async def _next(self) -> Revision:
        while True:
            await self._knowledge.specs_changed.wait()
            self._knowledge.specs_changed.clear()
            if (revision := self._knowledge.state.gate.in_force) is not None:
                return revision

    async def take(self, revision: Revision) -> None:
        """Keeps what is another than in the revision before.

        Raises:
            OSError: the disk does not take it.
        """
        if self._kept is None and self._found is not None and self._found.revision_id == revision.id:
            self._kept = revision
        before = self._kept.instance_by_name if self._kept is not None else {}
        now = revision.instance_by_name
        # After a start whatever was kept may be another.
        names = differing(before, now) if self._kept is not None else now.keys() | self._newest.keys()
        if not names:
            self._kept = revision
            return
        subject = "" if revision.id.startswith(_DIRECTORY) else revision.description
        causes = (self._reasons(), subject)
        found = _Changes()
        for some in _batches(names):
            await self._threads.run(_add_changes, found, some, now, self._newest, causes)
            await asyncio.sleep(0)
        if found or self._kept is None:
            await self._threads.run(self._versions.store, revision.id, found.come, found.gone, found.causes)
        self._newest |= {name: (one.number, one.key) for name, one in found.come.items()}
        for name in found.gone:
            self._newest.pop(name, None)
        self._kept = revision


@dataclass
class _Changes:
    """What is to be kept."""

    come: dict[str, Version] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    causes: dict[str, str] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.come or self.gone or self.causes)


def _batches(names: Iterable[str]) -> Iterable[list[str]]:
    ordered = sorted(names)
    return (ordered[start : start + _AT_ONCE] for start in range(0, len(ordered), _AT_ONCE))


def _add_changes(
    found: _Changes,
    names: Collection[str],
    now: Mapping[str, DsInstance],
    known: Mapping[str, Newest],
    causes: tuple[Reasons, str],
) -> None:
    reasons, subject = causes
    for name in names:
        manifest, newest = now.get(name), known.get(name)
        if manifest is None:
            if newest is not None:
                found.gone.add(name)
            continue
        spec, said = manifest.document()["spec"], manifest.annotations.get(CHANGE_CAUSE, "")
        key = key_of(spec)
        if newest is None or newest[1] != key:
            found.come[name] = Version(
                number_of(key, newest), key, spec_of_version(spec), _why(name, spec, reasons) or said or subject, said
            )
        elif said:
            found.causes[name] = said


def _why(name: str, spec: Mapping[str, Any], reasons: Reasons) -> str:
    """Why an instance was written as it is, by whoever wrote it last."""
    ref = ObjectRef("DsInstance", name)
    return next((why for one, manifest, why in reversed(reasons) if one == ref and manifest.get("spec") == spec), "")
