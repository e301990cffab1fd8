"""Writes on their way: what is asked of each object, what comes of one request, and what comes of several one upon another. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from controller.model import ObjectRef
from controller.picture.conditions import Document
from controller.picture.store import Stored
from controller.planner.memo import PlanMemo
from controller.source.read.reader import Loaded, Rejected
from controller.writing.judgement import Judged
from controller.writing.manifest_form import Wanted, as_shown
from controller.writing.places import Places


@dataclass(frozen=True)
class AskedObject:
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
class Ahead:
    """The manifests as they will be after some writes that were judged and are not written yet."""

    reading: Loaded | Rejected
    """Before, the newest reading; then what would be read."""
    places: Places
    in_the_end: PlanMemo
    """What is planned with them."""
    files: Mapping[bytes, bytes | None] = field(default_factory=dict)
    """Those that become others."""


@dataclass(frozen=True)
class Prepared:
    """What comes of one request."""

    ones: tuple[AskedObject, ...]
    judged: Judged | None
    """None when no file becomes another one."""
    asks: Mapping[str, str]
    warnings: tuple[str, ...]
    ahead: Ahead
    """The manifests with it, and with all that is written before it."""
    files: Mapping[bytes, tuple[bytes | None, bytes | None]] = field(default_factory=dict)
    """What those that it edits hold before it and with it, when it only looks."""
