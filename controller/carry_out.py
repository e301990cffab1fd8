"""Sends what was decided, side by side, and says what became of it."""

import asyncio
from collections.abc import Iterable

from bus.base import PublishFailed
from controller.actions import (
    Acknowledged,
    Admit,
    AskAgents,
    Outcome,
    Publish,
    PublishAgain,
    Send,
    TooLarge,
    Unacknowledged,
)
from controller.publish.publisher import Publisher


async def carry_out(sends: Iterable[Send], publisher: Publisher) -> tuple[tuple[Outcome, ...], BaseException | None]:
    """Sends all of them: one failure stops no neighbour.

    Returns:
        What became of each, and the first error that nobody expects; what met one has no outcome.
    """
    results = await asyncio.gather(*(_send(one, publisher) for one in sends), return_exceptions=True)
    errors = [result for result in results if isinstance(result, BaseException)]
    return tuple(result for result in results if not isinstance(result, BaseException)), next(iter(errors), None)


async def _send(send: Send, publisher: Publisher) -> Outcome:
    try:
        match send:
            case Publish():
                return await _publish(send, publisher)
            case PublishAgain(sent=sent):
                await publisher.publish_again(sent)
            case Admit(command=command):
                await publisher.answer(command)
            case AskAgents(why=why):
                await publisher.ask_agents(why)
    except PublishFailed as error:
        return Unacknowledged(send, str(error))
    return Acknowledged(send)


async def _publish(send: Publish, publisher: Publisher) -> Outcome:
    try:
        return Acknowledged(send, await publisher.publish(send.config))
    except ValueError as error:  # by the words of the bus
        return TooLarge(send, str(error))
