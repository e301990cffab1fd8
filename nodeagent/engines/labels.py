"""What is written on a container or process so that it is found again, and how it is read back."""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TypeAlias

from crds.instance_config import InstanceConfig, PartDigests
from nodeagent.folders.base import InstanceFolders
from nodeagent.model import Applied, Leftover, ObservedInstance, Started

# Labels of containers, and environment variables of processes (upper case, `_` for `.`, `/` and `-`). The names are public:
# operators filter `docker ps` by them.
LABEL_FLEET = "dsfleet.io/fleet"
LABEL_NODE = "dsfleet.io/node"
LABEL_INSTANCE = "dsfleet.io/instance"
LABEL_GENERATION = "dsfleet.io/generation"
LABEL_DIGEST = "dsfleet.io/digest"
LABEL_DIGESTS = "dsfleet.io/part-digests"
"""The part digests as JSON."""
LABELS = (LABEL_FLEET, LABEL_NODE, LABEL_INSTANCE, LABEL_GENERATION, LABEL_DIGEST, LABEL_DIGESTS)

# Anybody can write labels, and what they say of others is sent on; ours are shorter.
_MOST_CHARACTERS = 253
Notes: TypeAlias = tuple[Applied | None, Started | None]
"""The note about an instance, and its short form."""
_NO_NOTES: Notes = (None, None)
_NO_DIGESTS = PartDigests(container="", files="", streams="", analytics="")


def labels_of_owner(fleet_id: str, node_id: str) -> dict[str, str]:
    """The labels that say whose a container is."""
    return {LABEL_FLEET: fleet_id, LABEL_NODE: node_id}


def labels_of(fleet_id: str, node_id: str, config: InstanceConfig, generation: int) -> dict[str, str]:
    """All labels of a new container or process."""
    return {
        **labels_of_owner(fleet_id, node_id),
        LABEL_INSTANCE: config.instance_name,
        LABEL_GENERATION: str(generation),
        LABEL_DIGEST: config.digest,
        LABEL_DIGESTS: config.digests.model_dump_json(),
    }


def words_of(labels: Mapping[str, str | None], fleet_id: str) -> str:
    """Which instance of which node it is, for people; of which fleet, if it is another one."""
    fleet = labels.get(LABEL_FLEET)
    of_another = "" if fleet == fleet_id else f" of fleet {fleet}"
    node = labels.get(LABEL_NODE) or "without an id"
    return f"instance {labels.get(LABEL_INSTANCE) or 'without a name'} of node {node}{of_another}"


def is_ours(labels: Mapping[str, str], runtime_id: str, owner: Mapping[str, str], folders: InstanceFolders) -> bool:
    """Whether a container or process is one of this node: by its labels, or since it was adopted, which only a note can say.

    Args:
        labels: its labels.
        runtime_id: its id.
        owner: from `labels_of_owner`.
        folders: where the notes about the instances of this node are.
    """
    if owner.items() <= labels.items():
        return True
    name = labels.get(LABEL_INSTANCE)
    if not name or labels.get(LABEL_FLEET) != owner[LABEL_FLEET]:
        return False
    return runtime_id in noted_runtimes(name, folders)


def noted_runtimes(name: str, folders: InstanceFolders) -> frozenset[str]:
    """The container or process that an instance of this node was started in, or adopted as, by its notes."""
    return frozenset(note.runtime_id for note in (folders.read_applied(name), folders.read_started(name)) if note)


def notes_of(name: str, runtime_id: str, folders: InstanceFolders) -> Notes:
    """What is noted of an instance, for `observed`; the short form is read where the note does not do, which is rare.

    Args:
        name: the instance.
        runtime_id: the container or process that is there.
        folders: where the notes are.
    """
    applied = folders.read_applied(name)
    own = applied is not None and applied.runtime_id == runtime_id
    return applied, None if own else folders.read_started(name)


def leftover(labels: Mapping[str, str], runtime_id: str, *, running: bool, ports: Iterable[int] = ()) -> Leftover:
    """What is known of a container or process that belongs to another node.

    Args:
        labels: its labels.
        runtime_id: its id.
        running: whether it runs.
        ports: where it listens.
    """
    return Leftover(
        node_id=labels.get(LABEL_NODE, "")[:_MOST_CHARACTERS],
        instance=labels.get(LABEL_INSTANCE, "")[:_MOST_CHARACTERS],
        runtime_id=runtime_id,
        running=running,
        digest=labels.get(LABEL_DIGEST, ""),
        ports=tuple(ports),
    )


def by_node_and_instance(one: Leftover) -> tuple[str, str, str]:
    """The order in which leftovers are told of."""
    return (one.node_id, one.instance, one.runtime_id)


def variable_of(label: str) -> str:
    """The name of the environment variable that stands for a label on a process."""
    return label.upper().translate(str.maketrans("./-", "___"))


def observed(
    labels: Mapping[str, str],
    *,
    runtime_id: str,
    running: bool,
    notes: Notes = _NO_NOTES,
    started_at: datetime | None = None,
    finished_at: datetime | None = None,
    exit_code: int | None = None,
    image_id: str | None = None,
    image_platform: str = "",
    paused: bool = False,
) -> ObservedInstance:
    """What is known of a container or process.

    Args:
        labels: its labels; those that are missing or damaged leave fields that equal nothing desired, so that it is
            replaced like any other that differs.
        runtime_id: its id.
        running: whether it runs.
        notes: the note about its instance, which counts when it is about this very runtime; and the short form of it, which
            counts likewise when the note does not. Without that one, an instance that was restarted in the same container would
            be restarted once more for the want of a file.
        started_at: when it was started last.
        finished_at: when it left.
        exit_code: what it left with.
        image_id: id of the image that it was made from.
        image_platform: operating system and architecture of that image.
        paused: whether it is frozen.
    """
    applied, started = notes
    own = applied if applied is not None and applied.runtime_id == runtime_id else None
    known = started if own is None and started is not None and started.runtime_id == runtime_id else None
    note_lost = known is not None
    if own is not None:
        known = Started(own.generation, own.config.digest, own.config.digests, runtime_id)
    if known is None:
        known = Started(_generation(labels), labels.get(LABEL_DIGEST, ""), _digests(labels), runtime_id)
    return ObservedInstance(
        name=labels.get(LABEL_INSTANCE, ""),
        runtime_id=runtime_id,
        running=running,
        generation=known.generation,
        digest=known.digest,
        digests=known.digests,
        started_at=started_at,
        finished_at=finished_at,
        exit_code=exit_code,
        applied=own,
        image_id=image_id,
        note_lost=note_lost,
        image_platform=image_platform,
        paused=paused,
    )


def _generation(labels: Mapping[str, str]) -> int:
    text = labels.get(LABEL_GENERATION, "")
    # The length guards `int`, which refuses numbers of more than 4300 digits.
    return int(text) if text.isascii() and text.isdigit() and len(text) < 20 else 0


def _digests(labels: Mapping[str, str]) -> PartDigests:
    try:
        return PartDigests.model_validate(json.loads(labels.get(LABEL_DIGESTS, "")))
    except (ValueError, RecursionError):
        return _NO_DIGESTS
