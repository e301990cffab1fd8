import asyncio
import contextlib
import gc
import threading
import weakref
from collections.abc import Callable, Sequence

import pytest

from nodeagent.engines.blocking_calls import BlockingCalls
from nodeagent.engines.mailbox import Mailbox
from tests.patience import patient


def test_results_and_errors_come_back() -> None:
    async def test() -> None:
        calls = BlockingCalls("test", 2)
        assert await calls.run(divmod, 7, 2) == (3, 1)
        assert await calls.run_to_its_end(divmod, 7, 2) == (3, 1)
        with pytest.raises(ZeroDivisionError):
            await calls.run(divmod, 1, 0)

    asyncio.run(test())


def test_what_is_asked_together_shares_a_thread_and_what_is_found_out_first_and_has_each_its_own_answer() -> None:
    async def test() -> None:
        calls = BlockingCalls("test", 4)
        shared = []

        def sevenths(questions: Sequence[int]) -> Callable[[int], tuple[int, int]]:
            shared.append((threading.current_thread(), questions))
            return lambda question: divmod(7, question)

        given_up = asyncio.ensure_future(calls.run_together(sevenths, 1))
        answers = asyncio.gather(
            *(calls.run_together(sevenths, number) for number in (2, 0, 3)), return_exceptions=True
        )
        await asyncio.sleep(0)
        given_up.cancel()
        first, failure, last = await answers
        assert (first, last) == ((3, 1), (2, 1))
        assert isinstance(failure, ZeroDivisionError)
        assert [questions for _, questions in shared] == [[1, 2, 0, 3]]
        assert await calls.run_together(sevenths, 7) == (1, 0)

        def fails(_: Sequence[int]) -> Callable[[int], int]:
            raise OSError("no answer")

        refused = await asyncio.gather(*(calls.run_together(fails, one) for one in (1, 2)), return_exceptions=True)
        assert [str(one) for one in refused] == ["no answer"] * 2

    asyncio.run(test())


def test_a_cancelled_call_keeps_its_place_until_its_thread_ends() -> None:
    async def test() -> None:
        calls, release = BlockingCalls("test", 1), threading.Event()
        first = asyncio.ensure_future(calls.run(release.wait, 10))
        await asyncio.sleep(0)
        first.cancel()
        await asyncio.wait({first})
        assert first.cancelled()
        second = asyncio.ensure_future(calls.run(lambda: "second"))
        await asyncio.wait({second}, timeout=0.1)
        assert not second.done()
        release.set()
        assert await second == "second"

    asyncio.run(test())


def test_a_cancelled_change_is_over_when_its_thread_is() -> None:
    async def test() -> None:
        calls, release, done = BlockingCalls("test", 1), threading.Event(), threading.Event()

        def change() -> None:
            release.wait(patient(10))
            done.set()
            raise ValueError("nobody hears this")

        call = asyncio.ensure_future(calls.run_to_its_end(change))
        await asyncio.sleep(0)
        call.cancel()
        await asyncio.wait({call}, timeout=0.1)
        assert not call.done()
        release.set()
        await asyncio.wait({call})
        assert call.cancelled()
        assert done.is_set()

    asyncio.run(test())


def test_a_thread_that_outlives_the_loop_harms_nobody() -> None:
    release = threading.Event()

    async def test() -> None:
        calls = BlockingCalls("outlives", 1)
        call = asyncio.ensure_future(calls.run(release.wait, 10))
        await asyncio.sleep(0)
        call.cancel()
        await asyncio.wait({call})

    asyncio.run(test())
    threads = [thread for thread in threading.enumerate() if thread.name == "outlives"]
    assert [thread.daemon for thread in threads] == [True]
    release.set()
    threads[0].join(patient(5))
    assert not threads[0].is_alive()


def test_calls_one_after_another_share_a_thread_and_calls_at_once_do_not() -> None:
    async def test() -> None:
        calls, both = BlockingCalls("test", 2), threading.Barrier(2)

        def meet() -> int:
            both.wait(patient(5))
            return threading.get_ident()

        first, second = await asyncio.gather(calls.run(meet), calls.run(meet))
        assert first != second
        assert {await calls.run(threading.get_ident) for _ in range(5)} <= {first, second}
        assert set(await asyncio.gather(calls.run(meet), calls.run(meet))) == {first, second}

    asyncio.run(test())


def test_who_asks_the_same_at_the_same_moment_gets_the_same_answer() -> None:
    asked: list[str] = []

    async def test() -> None:
        calls, release = BlockingCalls("test", 8), threading.Event()

        def answer(question: str) -> str:
            asked.append(question)
            release.wait(patient(5))
            if question == "bad":
                raise ValueError(question)
            return question.upper()

        good = [asyncio.ensure_future(calls.run_shared(answer, "good")) for _ in range(3)]
        bad = [asyncio.ensure_future(calls.run_shared(answer, "bad")) for _ in range(3)]
        await asyncio.sleep(0)
        for one in (good[0], bad[0]):
            one.cancel()
        await asyncio.sleep(0)
        release.set()
        assert await asyncio.gather(*good[1:]) == ["GOOD", "GOOD"]
        found = await asyncio.gather(*bad[1:], return_exceptions=True)
        assert [str(one) for one in found] == ["bad", "bad"]
        assert sorted(asked) == ["bad", "good"]
        assert await calls.run_shared(answer, "good") == "GOOD"
        assert len(asked) == 3

    asyncio.run(test())


def test_a_mailbox_hands_out_each_name_once_and_in_order() -> None:
    async def test() -> None:
        mailbox = Mailbox()
        assert await mailbox.next(timeout_s=0.01) is None
        for name in ("b", "a", "b"):
            mailbox.put(name)
        assert [await mailbox.next(), await mailbox.next()] == ["b", "a"]
        mailbox.put("c")
        mailbox.close()
        assert not mailbox.closed
        assert [await mailbox.next(), await mailbox.next()] == ["c", None]
        assert mailbox.closed

    asyncio.run(test())


def test_a_mailbox_that_is_interrupted_says_once_that_it_is_empty() -> None:
    async def test() -> None:
        mailbox = Mailbox()
        waiting = asyncio.ensure_future(mailbox.next())
        await asyncio.sleep(0)
        mailbox.interrupt()
        assert await waiting is None
        mailbox.interrupt()
        mailbox.put("a")
        assert [await mailbox.next(), await mailbox.next()] == ["a", None]
        waiting = asyncio.ensure_future(mailbox.next())
        await asyncio.sleep(0)
        assert not waiting.done()
        mailbox.put("b")
        assert await waiting == "b"

    asyncio.run(test())


def test_a_failed_call_leaves_nothing_to_collect() -> None:
    class Held:
        pass

    references: list[weakref.ref[Held]] = []

    def fail() -> None:
        held = Held()
        references.append(weakref.ref(held))
        raise ValueError(held)

    async def test() -> None:
        calls = BlockingCalls("test", 1)
        for _ in range(3):
            with contextlib.suppress(ValueError):
                await calls.run(fail)
        await calls.run(threading.active_count)

    gc.disable()
    try:
        asyncio.run(test())
        assert [reference() for reference in references] == [None, None, None]
    finally:
        gc.enable()
