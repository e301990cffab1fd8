"""Which writes that wait are done together: as one revision, each judged upon those before it. Pure."""

from collections.abc import Sequence
from typing import Final

from controller.model import ObjectRef
from controller.writing.request import Restored, Selected, WriteRequest

MOST_TOGETHER: Final = 32
"""So long the first of them waits for the others to be judged: some 10 ms for each."""


def done_together(requests: Sequence[WriteRequest]) -> list[int]:
    """The places of the requests that are done next; the first of them at least.

    Two writes of one object are never done together, nor is one done before another of the same object that came earlier. What
    may depend on all objects, a selection or an approval, is done alone.

    Args:
        requests: in the order of who came.
    """
    chosen: list[int] = []
    passed: set[ObjectRef] = set()
    for place, request in enumerate(requests):
        refs = _refs(request)
        if refs is None:
            if not chosen:
                return [place]
            break
        if passed.isdisjoint(refs):
            chosen.append(place)
            if len(chosen) == MOST_TOGETHER:
                break
        passed |= refs
    return chosen


def _refs(request: WriteRequest) -> frozenset[ObjectRef] | None:
    """The objects that it is about; None for one that is done alone."""
    if isinstance(request.changes, Selected | Restored) or request.approve:
        return None
    return frozenset(change.ref for change in request.changes)
