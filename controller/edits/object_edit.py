"""What is asked for, and the answer where it cannot be done."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from controller.model import ObjectRef, Position, Problem
from controller.source.files import position_in
from controller.source.read.field_errors import path_text
from controller.source.read.yaml_places import Path


@dataclass(frozen=True)
class ObjectEdit:
    """One object as it is to be."""

    ref: ObjectRef
    wanted: Mapping[str, Any] | None
    """The whole manifest as JSON values: apiVersion, kind, metadata, spec. None: it is to go.

    `status`, and what the API adds to `metadata`, are passed over: they never reach a file."""
    file: str = ""
    """Of a new object: the file that it is wanted in, relative to the source. Empty: `homes.home_of` decides."""


class CannotEdit(Exception):  # noqa: N818 - says what happened
    """The files cannot be made to hold what is wanted; none of them was changed."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem
        """Where, what, and what to do about it."""

    @classmethod
    def at(cls, file: bytes, message: str, *, line: int = 1, column: int = 1, path: Path = ()) -> "CannotEdit":
        """The refusal for one place.

        Args:
            file: relative to the source.
            message: what is wrong, and what to do.
            line: from 1.
            column: from 1.
            path: of the field, inside the object.
        """
        return cls(Problem(position_in("", file, line, column), path_text(path), message))

    @property
    def position(self) -> Position:
        """Where; the file is relative to the source."""
        return self.problem.position
