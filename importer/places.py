"""Where in the files that were read the parts of manifests come from: what is said of a manifest is said of them."""

from collections.abc import Sequence
from dataclasses import dataclass

from crds.key_path import key_of_path
from deepstream.groups import KeyGroup
from deepstream.keyfile import Group

Path = tuple[str | int, ...]
INSTANCE = ""
"""Stands for the instance where names of cameras stand."""


class Lines:
    """Where the groups and keys of one file stand."""

    def __init__(self, groups: Sequence[Group] = ()) -> None:
        self._groups = {group.name: group for group in groups}

    def of(self, group: str, key: str = "") -> int | None:
        """The line of a key, or of its group."""
        found = self._groups.get(group)
        if found is None:
            return None
        return next((entry.line for entry in found.entries if entry.key == key), found.line)


@dataclass(frozen=True)
class _Part:
    """What a part of a spec was made of."""

    file: str
    line: int
    group: str = ""
    lines: Lines | None = None
    model: type[KeyGroup] | None = None


class Places:
    """The places that parts of the manifests of one import come from."""

    def __init__(self, whole: str) -> None:
        self._whole = _Part(whole, 1)
        self._parts: dict[Path, _Part] = {}

    def put(self, path: Path, file: str, line: int | None, camera: str = INSTANCE) -> None:
        """Remembers the line that a part of a spec was made of.

        Args:
            path: below `spec`.
            file: the file.
            line: the line in it; the file as a whole without one.
            camera: the name of the camera whose spec is meant.
        """
        self._parts[camera, *path] = _Part(file, line or 1)

    def put_group(
        self, path: Path, file: str, name: str, lines: Lines, model: type[KeyGroup], camera: str = INSTANCE
    ) -> None:
        """Remembers the group that a part of a spec was made of, so that each of its keys is found.

        Args:
            path: below `spec`.
            file: the file.
            name: the name of the group.
            lines: where the groups of the file stand.
            model: of the part.
            camera: the name of the camera whose spec is meant.
        """
        self._parts[camera, *path] = _Part(file, lines.of(name) or 1, name, lines, model)

    def of(self, path: Path, camera: str = INSTANCE) -> tuple[str, int]:
        """The file and line that something below `spec` comes from, or the nearest thing around it."""
        whole = (camera, *path)
        for length in range(len(whole), 0, -1):
            part = self._parts.get(whole[:length])
            if part is None:
                continue
            rest = whole[length:]
            if not rest or part.lines is None or part.model is None:
                return part.file, part.line
            return part.file, part.lines.of(part.group, key_of_path(part.model, rest)) or part.line
        return self._whole.file, self._whole.line
