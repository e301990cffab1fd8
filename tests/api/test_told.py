"""What many who watch are told: made once, the same as for one alone, and nothing for who does not listen."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from itertools import islice
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from controller.api.pieces import AT_ONCE
from controller.api.resources import FLEET_RESOURCES
from controller.api.selection import Selection, parse_selection
from controller.api.table import Rows, TableForm
from controller.api.told import Told
from controller.api.watch import Watch, WatchRequest, WatchResponse, WatchSlots
from controller.picture.store import ObjectStore
from crds.alike import AlikeTexts
from tests.api.test_long_lists import document
from tests.patience import in_time
from tests.picture.fleets import NOW

CAMERAS = FLEET_RESOURCES["cameras"]
EVEN = parse_selection(CAMERAS, label_selector="even=True", field_selector="status.reason!=b")
TABLE = TableForm("v1", "Metadata")
WAYS = [(Selection(), None), (EVEN, None), (Selection(), TABLE), (EVEN, TABLE)]


def watch(
    store: ObjectStore, told: Told, selection: Selection = WAYS[0][0], form: TableForm | None = None, seconds: float = 0
) -> Watch:
    """One that ends when it has told what there is."""
    request = WatchRequest(CAMERAS, selection, form, store._first_version, timeout_seconds=seconds)
    return Watch(request, store, Rows(), told, clock=lambda: NOW, bookmark_seconds=60)


def lines(one: Watch) -> bytes:
    async def read() -> bytes:
        return b"".join([some async for some in one.lines()])

    return asyncio.run(read())


@pytest.mark.parametrize(("selection", "form"), WAYS)
def test_a_change_is_written_once_for_all(
    monkeypatch: pytest.MonkeyPatch, selection: Selection, form: TableForm | None
) -> None:
    store, told, read = ObjectStore(1), Told(), []
    for reason in ("a", "c"):
        store.replace([document(2, reason)], NOW)
    text = AlikeTexts.text

    def counted(texts: AlikeTexts, packed: bytes) -> bytes:
        read.append(packed)
        return text(texts, packed)

    monkeypatch.setattr(AlikeTexts, "text", counted)
    first = lines(watch(store, told, selection, form))
    once = len(read)
    assert first.count(b'"type":"MODIFIED"') == 1
    assert all(lines(watch(store, told, selection, form)) == first for _ in range(20))
    assert len(read) == once


@pytest.mark.parametrize(("selection", "form"), WAYS)
def test_several_changes_are_put_together_once_for_all(
    monkeypatch: pytest.MonkeyPatch, selection: Selection, form: TableForm | None
) -> None:
    store, told = ObjectStore(1), Told()
    store.replace([document(number) for number in range(2 * AT_ONCE + 4)], NOW)
    first = lines(watch(store, told, selection, form))
    assert first.count(b"\n") > AT_ONCE
    monkeypatch.setattr(Watch, "_told", None)
    assert lines(watch(store, told, selection, form)) == first


def test_what_nobody_selects_of_is_remembered_no_longer_than_what_they_do() -> None:
    told = Told(most_bytes=10_000)
    for number in range(1000):
        told.line(number, lambda: b"")
    assert len(told._lines) < 100


reasons = st.dictionaries(st.integers(0, 3), st.sampled_from("abc"), max_size=4)


@settings(deadline=None, max_examples=30)
@given(st.lists(reasons, max_size=5), st.sampled_from([0, 1000, 1 << 20]))
def test_who_watches_with_others_is_told_what_he_is_told_alone(fleets: list[dict[int, str]], most_bytes: int) -> None:
    store, told = ObjectStore(1), Told(most_bytes)
    for fleet in fleets:
        store.replace([document(number, reason) for number, reason in fleet.items()], NOW)
        for selection, form in (*WAYS, WAYS[1]):
            alone = lines(watch(store, Told(), selection, form))
            assert lines(watch(store, told, selection, form)) == alone
            assert told.bytes <= most_bytes


def test_ages_in_shared_rows_are_those_of_now() -> None:
    store, told, now = ObjectStore(1), Told(), [NOW]
    store.replace([document(1)], NOW)

    def row() -> bytes:
        request = WatchRequest(CAMERAS, Selection(), TABLE, store._first_version, timeout_seconds=0)
        return lines(Watch(request, store, Rows(), told, clock=lambda: now[0], bookmark_seconds=60))

    early = row()
    now[0] += timedelta(minutes=5)
    assert row() != early


def test_who_reads_too_slowly_is_told_to_list_again() -> None:
    store = ObjectStore(1, history_limit=4)
    changes: Iterator[int] = iter(range(100))

    def change() -> None:
        store.replace([document(0, str(next(changes)))], NOW)

    async def scenario() -> list[bytes]:
        told = watch(store, Told(), seconds=60).lines()
        change()
        found = [await anext(told)]
        for _ in islice(changes, 10):
            change()
        return [*found, *[some async for some in told]]

    first, last = asyncio.run(scenario())
    assert first.startswith(b'{"type":"ADDED"')
    assert last.startswith(b'{"type":"ERROR"')
    assert b'"code":410' in last


def test_the_connection_of_who_takes_nothing_is_cut_and_his_place_is_free() -> None:
    slots = WatchSlots(1)

    async def scenario() -> int:
        cut, sending = asyncio.Event(), asyncio.Event()

        async def lines_of_one() -> Any:
            while True:
                yield b"line\n"
                await asyncio.sleep(0)

        async def send(message: Any) -> None:
            if message["type"] == "http.response.body":
                sending.set()
                await cut.wait()

        async def receive() -> Any:
            await cut.wait()
            return {"type": "http.disconnect"}

        scope = {"type": "http", "state": {"cut": cut.set}}
        response = WatchResponse(lines_of_one(), slots, slow_seconds=0.01)
        answering = asyncio.create_task(response(scope, receive, send))
        async with in_time():
            await sending.wait()
            taken = slots.taken
            await answering
        return taken

    assert (asyncio.run(scenario()), slots.taken) == (1, 0)
