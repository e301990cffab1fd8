"""Slots of the cameras of one instance: the index of a source in the app, kept while the camera stays."""

from collections.abc import Iterable, Mapping

from crds.dsinstance import DsInstanceSpec


def assign_slots(cameras: Iterable[str], previous: Mapping[str, int], size: int) -> dict[str, int]:
    """Gives each camera of an instance a slot of its own, below `size`.

    A camera keeps its slot, so that neither an added nor a removed neighbour renumbers it: tracks, analytics and
    whoever reads the app's messages know it by that index. New cameras take the lowest free slots in the order
    that is given, which is that of the manifest: what else is told by number (`source-id` of a sink) can be matched to it.

    Args:
        cameras: names of the cameras that the instance shall have.
        previous: the slots that cameras of this instance have now.
        size: how many slots there are.

    Returns:
        Slot by name; cameras for which no slot is left are missing.
    """
    wanted = list(dict.fromkeys(cameras))
    assigned: dict[str, int] = {}
    taken: set[int] = set()
    for name in wanted:
        slot = previous.get(name)
        if slot is not None and 0 <= slot < size and slot not in taken:
            assigned[name] = slot
            taken.add(slot)
    free = (slot for slot in range(size) if slot not in taken)
    assigned.update(zip((name for name in wanted if name not in assigned), free, strict=False))
    return assigned


def slots_in(spec: DsInstanceSpec) -> int:
    """How many slots an instance has: the batch size of its muxer, whatever the number of its cameras."""
    return spec.streammux.most_cameras
