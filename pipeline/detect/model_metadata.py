"""What an ONNX file says of itself beside its network, as Ultralytics' exporter writes it: text, which nobody has checked."""

import ast
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Self

_LONGEST_CHARACTERS: Final = 1_000_000
_MOST_CLASSES: Final = 100_000
_SIZE: Final = re.compile(r"\[?\s*([1-9][0-9]{0,4})\s*(?:,\s*([1-9][0-9]{0,4})\s*)?\]?")
_STRIDE: Final = re.compile(r"[1-9][0-9]{0,3}")
_CLASS_ID: Final = re.compile(r"0|[1-9][0-9]{0,5}")
# Every message about an object holds the name of its class.
_LONGEST_NAME_CHARACTERS: Final = 200


@dataclass(frozen=True)
class ModelMetadata:
    """What can be used of it; what is missing, or cannot be read, is None.

    Attributes:
        input_size: Width and height in pixels that it was exported for (`imgsz`, where the height comes first).
        names: Of the classes, by class id (`names`); a number that nothing stands for is called by itself.
        stride: Both sides of a picture must be multiples of it.
        task: What the network is for, such as `detect`, `segment`, `pose`.
        unread: Names of entries that are there, but say nothing that can be used.
    """

    input_size: tuple[int, int] | None = None
    names: tuple[str, ...] | None = None
    stride: int | None = None
    task: str | None = None
    unread: tuple[str, ...] = ()

    @classmethod
    def of(cls, written: Mapping[str, str]) -> Self:
        """Reads the entries of a file; it never raises."""
        size, stride = _SIZE.fullmatch(written.get("imgsz", "").strip()), _STRIDE.fullmatch(written.get("stride", ""))
        names = _names(written.get("names", ""))
        found = {"imgsz": size, "names": names, "stride": stride}
        return cls(
            input_size=(int(size[2] or size[1]), int(size[1])) if size else None,
            names=names,
            stride=int(stride[0]) if stride else None,
            task=written.get("task") or None,
            unread=tuple(key for key, one in found.items() if written.get(key) and not one),
        )


def _names(text: str) -> tuple[str, ...] | None:
    if not text or len(text) > _LONGEST_CHARACTERS:
        return None
    try:
        found = ast.literal_eval(text)
    except (ValueError, SyntaxError, TypeError, RecursionError, MemoryError):
        return None
    if isinstance(found, list | tuple):
        found = dict(enumerate(found))
    if not isinstance(found, dict) or not found:
        return None
    by_id = {_class_id(number): name for number, name in found.items() if _is_name(name)}
    if len(by_id) != len(found) or min(by_id) < 0 or max(by_id) >= _MOST_CLASSES:
        return None
    # A line break in a name would be two lines wherever it is told.
    return tuple(" ".join(by_id.get(number, "").split()) or str(number) for number in range(max(by_id) + 1))


def _class_id(written: object) -> int:
    """Returns the number of a class, -1 if it is none; keys of JSON are text."""
    if isinstance(written, str) and _CLASS_ID.fullmatch(written):
        return int(written)
    return written if type(written) is int else -1


def _is_name(found: object) -> bool:
    if not isinstance(found, str) or len(found) > _LONGEST_NAME_CHARACTERS:
        return False
    # Half of a surrogate pair is no text that could be told to anybody.
    return not any("\ud800" <= character <= "\udfff" for character in found)
