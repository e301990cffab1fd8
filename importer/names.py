"""Names of objects and of files, each once."""

import posixpath
import re
from collections.abc import Iterable
from typing import Final

MOST_CHARACTERS: Final = 63
_NOT_IN_NAMES: Final = re.compile(r"[^a-z0-9]+")
_NOT_IN_FILE_NAMES: Final = re.compile(r"[^A-Za-z0-9._-]+")
_CAMERA_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
_MOST_OF_FILE: Final = 128
_MOST_RANGES: Final = 8
_NUMBERED: Final = re.compile(r"(.*?)([0-9]{1,9})")


def slug(text: str) -> str:
    """The text as the name of an object; empty when nothing is left of it."""
    return _NOT_IN_NAMES.sub("-", text.lower()).strip("-")[:MOST_CHARACTERS].strip("-")


def with_suffix(name: str, suffix: str) -> str:
    """The name with something behind it, not too long."""
    return name[: MOST_CHARACTERS - len(suffix)].rstrip("-.") + suffix


def stem(path: str) -> str:
    """The name of a file without its folder and suffix."""
    return posixpath.splitext(posixpath.basename(posixpath.normpath(path)))[0]


def is_camera_id(text: str) -> bool:
    """True when manifests take it as the id of a camera."""
    return _CAMERA_ID.fullmatch(text) is not None


def ranges(groups: Iterable[str]) -> str:
    """Names of groups in brackets; consecutive numbers as one range: `[sensor2] to [sensor9], [place4]`."""
    runs: list[list[str]] = []
    for group in groups:
        if runs and _next(runs[-1][-1]) == group:
            runs[-1].append(group)
        else:
            runs.append([group])
    parts = []
    for run in runs[:_MOST_RANGES]:
        names = [f"[{name}]" for name in run]
        parts.append(f"{names[0]} to {names[-1]}" if len(names) > 2 else ", ".join(names))
    left = len(runs) - _MOST_RANGES
    return ", ".join(parts) + (f" and {left} more" if left > 0 else "")


def _next(group: str) -> str | None:
    """The name of the group with the next number."""
    found = _NUMBERED.fullmatch(group)
    return f"{found[1]}{int(found[2]) + 1}" if found else None


class CameraNames:
    """Names and ids of cameras: no two cameras have the same."""

    def __init__(self) -> None:
        self._names: set[str] = set()
        self._ids: set[str] = set()

    def take(self, wanted: str, camera_id: str | None) -> tuple[str, str | None]:
        """A name like the wanted one, and the id; another id when that is in use."""
        number, chosen_id = 1, camera_id
        while chosen_id is not None and chosen_id in self._ids:
            number += 1
            chosen_id = f"{camera_id}-{number}"
        base, number = slug(wanted) or "camera", 1
        name = base
        while name in self._names or (chosen_id is None and name in self._ids):
            number += 1
            name = with_suffix(base, f"-{number}")
        self._names.add(name)
        self._ids.add(chosen_id or name)
        return name, chosen_id


class FileNames:
    """Names of files in the one folder of configuration files."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self._taken = set(taken)

    def take(self, path: str, group: str, suffix: str | None = None) -> str:
        """The base name of a path, with the name of its group before it when that is in use."""
        base = _NOT_IN_FILE_NAMES.sub("_", posixpath.basename(path)).lstrip(".-") or "file"
        root, own = posixpath.splitext(base)
        root, own = root[:90], (own if suffix is None else suffix)[:8]
        name, number = f"{root}{own}", 1
        while name in self._taken:
            again = "" if number == 1 else f"-{number}"
            name = f"{group}-{root}{again}{own}"[-_MOST_OF_FILE:].lstrip(".-")
            number += 1
        self._taken.add(name)
        return name
