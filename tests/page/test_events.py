"""The texts of events, and the net of many changes."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.api.page.seen import WHOLE, Sights, changes_since, told_of
from controller.api.page.server_sent_events import MOST_BYTES, Told, change
from controller.picture.brief import Brief
from controller.picture.store import Stored
from ports.virtual_time import run_in_virtual_time
from tests.page.stores import Event, Objects, camera, camera_row, events_in


def test_what_an_event_says() -> None:
    told = Told({"cameras": [b'["a"]', b'["b"]'], "nodes": []}, {"nodes": [b'"n"'], "cameras": []}, b'{"problems":0}')
    assert change(told, 7, 9, 5) == (
        b'id: 9\nevent: change\ndata: {"after":"7","version":"9","at":5,"cameras":[["a"],["b"]],"gone":{"nodes":["n"]},'
        b'"fleet":{"problems":0}}\n\n'
    )
    assert events_in(change(Told(), 7, 9, 5)) == [Event("change", {"after": "7", "version": "9", "at": 5}, "9")]


def test_much_is_told_in_parts_of_which_the_last_alone_moves_on() -> None:
    rows = [b'["camera-%06d","%s"]' % (number, b"x" * 100) for number in range(2000)]
    text = change(Told({"cameras": rows}, {"cameras": [b'"z"']}, b'{"problems":1}'), 7, 9, 5)
    blocks = [block for block in text.split(b"\n\n") if block]
    assert len(blocks) == 4
    assert all(len(block) + 2 <= MOST_BYTES for block in blocks)
    events = events_in(text)
    assert [one.id for one in events] == ["7", "7", "7", "9"]
    assert [one.data["version"] for one in events] == ["7", "7", "7", "9"]
    assert [row[0] for one in events for row in one.data.get("cameras", [])] == [
        f"camera-{number:06d}" for number in range(2000)
    ]
    assert [one.data.get("gone") for one in events] == [None, None, None, {"cameras": ["z"]}]
    assert [one.data.get("fleet") for one in events] == [None, None, None, {"problems": 1}]


def applied(page: dict[str, Any], data: dict[str, Any]) -> dict[str, Any]:
    """What a page shows after an event."""
    kept = {name: row for name, row in page.items() if name not in data.get("gone", {}).get("cameras", [])}
    return kept | {row[0]: row for row in data.get("cameras", [])}


def is_of_hq(stored: Stored) -> bool:
    return bool(stored.document["metadata"]["labels"]["site"] == "hq")


@pytest.mark.parametrize(
    "sights", [WHOLE, Sights({**WHOLE.by_kind, "Camera": is_of_hq}, whole=False)], ids=["all", "hq"]
)
@given(
    st.lists(
        st.tuples(st.sampled_from("abc"), st.sampled_from(["hq", "yard", ""]), st.booleans()), min_size=1, max_size=12
    ),
    st.integers(0, 12),
)
def test_a_page_shows_what_is_there_whenever_it_came(
    sights: Sights, steps: list[tuple[str, str, bool]], at: int
) -> None:
    """Each step makes a camera one of a site, or takes it away; a page that knew the objects at any time is told the rest at once."""
    objects = Objects()
    page: dict[str, Any] = {}
    version = objects.store.version
    for number, (name, site, ready) in enumerate(steps):
        if site:
            objects.put(camera(name, ready=ready, site=site))
        elif ("Camera", name) in objects.documents:
            objects.take(name)
        if number == at:
            page, version = shown(objects, sights), objects.store.version
    changes = changes_since(objects.store, version)
    told = run_in_virtual_time(told_of(changes, sights, None), limit_seconds=1)
    (event,) = events_in(change(told, version, objects.store.version, 0))
    assert applied(page, event.data) == shown(objects, sights)
    names = [row[0] for row in event.data.get("cameras", [])]
    assert len(names) == len(set(names))
    assert not set(names) & set(event.data.get("gone", {}).get("cameras", []))


def shown(objects: Objects, sights: Sights) -> dict[str, Any]:
    sees = sights.by_kind["Camera"]
    return {
        one.document["metadata"]["name"]: camera_row(
            one.document["metadata"]["name"],
            ready=int(one.document["status"]["ready"]),
            site=one.document["metadata"]["labels"]["site"],
            generation=one.generation,
        )
        for one in objects.store.objects("Camera")
        if sees is None or sees(one)
    }


def test_who_sees_a_part_learns_nothing_of_revisions() -> None:
    part = Sights({}, whole=False)
    said = Brief("a", "b", 3, None, "another one leads")
    assert part.of_fleet(said) == Brief("", None, 0, None, "another one leads")
    assert WHOLE.of_fleet(said) is said
