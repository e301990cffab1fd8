"""Versions are kept as they come into force: whatever is edited, and however often the controller is restarted."""

import asyncio
import errno
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.history.keeper import Reasons, VersionKeeper
from controller.history.version import MOST_VERSIONS, key_of, spec_of_version
from controller.history.version_file import VersionFile
from controller.knowledge import Knowledge
from controller.model import ObjectRef
from controller.timings import Timings
from ports.simulated import NoThreads
from tests.planner.generated_fleets import QUICK
from tests.planner.short_manifests import revision

YARD = "dsinstance/yard"
NOBODY = cast(Knowledge, None)
IMAGES = st.sampled_from(("a:1", "a:2", "a:3"))
SPECS = st.fixed_dictionaries({"image": IMAGES}, optional={"replicas": st.sampled_from((0, 1))})
FLEETS = st.dictionaries(st.sampled_from((YARD, "dsinstance/dock")), SPECS)


class CountingFile(VersionFile):
    """Knows what was written, and what it is not to take."""

    def __init__(self) -> None:
        super().__init__()
        self.written: list[set[str]] = []
        self.is_full = False

    def store(self, revision_id: str, come: Any, gone: Any, causes: Any) -> None:
        if self.is_full:
            raise OSError(errno.ENOSPC, "no space")
        self.written.append({*come, *gone, *causes})
        super().store(revision_id, come, gone, causes)


def keeper(versions: VersionFile, reasons: Reasons = ()) -> VersionKeeper:
    return VersionKeeper(versions, NOBODY, NoThreads(), Timings(), lambda: reasons)


def fleet(short: dict[str, Any], number: int = 0) -> Any:
    return revision({"node/gate": {}, **{name: {"node": "gate", **one} for name, one in short.items()}}, f"r{number}")


async def kept(versions: VersionFile, *revisions: Any, reasons: Reasons = ()) -> VersionKeeper:
    found = keeper(versions, reasons)
    await found.load()
    for one in revisions:
        await found.take(one)
    return found


@QUICK
@given(fleets=st.lists(FLEETS, max_size=8), restarts=st.sets(st.integers(0, 7)))
def test_any_sequence_of_edits_and_restarts_keeps_what_came_into_force(
    fleets: list[dict[str, Any]], restarts: set[int]
) -> None:
    expected: dict[str, list[Any]] = {}

    async def run() -> None:
        versions = VersionFile()
        found = await kept(versions)
        for number, short in enumerate(fleets):
            now = fleet(short, number)
            found = await kept(versions) if number in restarts else found
            await found.take(now)
            specs = {one.name: spec_of_version(one.document()["spec"]) for one in now.instances}
            for name in expected.keys() - specs.keys():
                del expected[name]
            for name, spec in specs.items():
                before = expected.setdefault(name, [])
                if not before or before[-1] != spec:
                    expected[name] = [*[one for one in before if one != spec][-MOST_VERSIONS + 1 :], spec]
            for name, wanted in expected.items():
                some = await found.of(name)
                assert [one.spec for one in some] == wanted
                assert found.newest(name) == (some[-1].number, key_of(specs[name]))
                assert sorted({one.number for one in some}) == [one.number for one in some]
            assert versions.load().newest.keys() == expected.keys()

    asyncio.run(run())


def test_only_what_changed_is_written_and_nothing_after_a_start_with_the_same_revision() -> None:
    async def run() -> list[set[str]]:
        versions, one = CountingFile(), fleet({YARD: {"image": "a:1"}, "dsinstance/dock": {"image": "a:1"}}, 1)
        two = fleet({YARD: {"image": "a:2"}, "dsinstance/dock": {"image": "a:1"}}, 2)
        scaled = fleet({YARD: {"image": "a:2", "replicas": 0}, "dsinstance/dock": {"image": "a:1"}}, 3)
        await kept(versions, one, two, two, scaled)
        await kept(versions, two)
        return versions.written

    assert asyncio.run(run()) == [{"yard", "dock"}, {"yard"}]


@pytest.mark.parametrize(
    ("why", "notes", "expected"),
    [
        ("for the night", {}, "for the night"),
        ("", {"kubernetes.io/change-cause": "kubectl set image"}, "kubectl set image"),
        ("for the night", {"kubernetes.io/change-cause": "of before"}, "for the night"),
        ("", {}, "a test"),
    ],
)
def test_why_a_version_came_is_said_by_who_wrote_it_or_by_the_commit(
    why: str, notes: dict[str, str], expected: str
) -> None:
    async def run() -> str:
        there = fleet({YARD: {"image": "a:1", "annotations": notes}})
        spec = there.instance_by_name["yard"].document()["spec"]
        reasons = (
            (ObjectRef("DsInstance", "yard"), {"spec": spec}, "of long ago"),
            (ObjectRef("DsInstance", "yard"), {"spec": spec}, why),
            (ObjectRef("DsInstance", "yard"), {"spec": {"image": "a:2"}}, "another form of it"),
            (ObjectRef("DsInstance", "hall"), {"spec": spec}, "another instance"),
            (ObjectRef("Camera", "yard"), {"spec": spec}, "a camera"),
        )
        found = await kept(VersionFile(), there, reasons=reasons)
        return (await found.of("yard"))[0].cause

    assert asyncio.run(run()) == expected


def test_what_the_disk_did_not_take_is_kept_the_next_time() -> None:
    async def run() -> list[str]:
        versions = CountingFile()
        found = await kept(versions, fleet({YARD: {"image": "a:1"}}, 1))
        versions.is_full = True
        with pytest.raises(OSError, match="no space"):
            await found.take(fleet({YARD: {"image": "a:2"}}, 2))
        versions.is_full = False
        await found.take(fleet({YARD: {"image": "a:2"}}, 2))
        return [one.spec["image"] for one in await found.of("yard")]

    assert asyncio.run(run()) == ["a:1", "a:2"]
