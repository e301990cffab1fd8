"""What a file must say for an object to be as it is wanted, where most of it may stay as it was written."""

from typing import Any

from controller.edits.alignment import aligned, same


def aim(written: Any, before: Any, wanted: Any, given: Any) -> Any:
    """What is to be written in the place of a value.

    People write the same value in several forms, and leave defaults away or give them: what does not become another value
    stays as it was written.

    Args:
        written: what stands in the file.
        before: what that means, as `Manifest.document()` tells it.
        wanted: what it is to mean, told likewise.
        given: as the one who wants it wrote it.
    """
    if same(before, wanted):
        return written
    if isinstance(written, dict) and isinstance(before, dict) and isinstance(wanted, dict) and isinstance(given, dict):
        return _mapping(written, before, wanted, given)
    lists = (written, before, wanted, given)
    if all(isinstance(one, list) for one in lists) and len(written) == len(before) and len(wanted) == len(given):
        return [
            given[new] if old is None else aim(written[old], before[old], wanted[new], given[new])
            for old, new in aligned(before, wanted)
            if new is not None
        ]
    return given


def _mapping(
    written: dict[str, Any], before: dict[str, Any], wanted: dict[str, Any], given: dict[str, Any]
) -> dict[str, Any]:
    aimed = {}
    for key, value in written.items():
        if key in before and key in wanted:
            aimed[key] = aim(value, before[key], wanted[key], given.get(key, wanted[key]))
        elif key in wanted:
            aimed[key] = given.get(key, wanted[key])
        elif key not in before:
            # A default that was given: no document tells of it.
            aimed[key] = value
    for key, value in wanted.items():
        if key not in written and not (key in before and same(before[key], value)):
            aimed[key] = given.get(key, value)
    # In the order of what is wanted: a new key finds its place by its neighbours.
    order = [*(key for key in wanted if key in aimed), *(key for key in aimed if key not in wanted)]
    return {key: aimed[key] for key in order}
