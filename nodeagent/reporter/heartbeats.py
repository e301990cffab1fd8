"""When a heartbeat says enough, and the heartbeats that follow one report."""

import re
from collections.abc import Iterator
from datetime import datetime

from crds.heartbeat import Chain, Heartbeat, digest_of
from crds.messages import AgentResponse
from nodeagent.reporter.camera_facts import CameraFacts
from nodeagent.reporter.report import Standing

_FPS_SHARE = 0.2
_FPS_LEAST = 1.0
_NUMBER = re.compile(r"\d+")


def has_moved(said: Standing, now: Standing) -> bool:
    """True when something moved since a report that people care for, although all that stands in it holds.

    That is: frames per second that are off by a fifth and by one, a message in other words, other orphans. The numbers in
    messages are mostly ages, which move all the time.

    Args:
        said: what the report said.
        now: what one would say now; equal to that.
    """
    if said.orphans != now.orphans:
        return True
    if any(_in_other_words(*two) for two in zip(_messages(said), _messages(now), strict=True)):
        return True
    return any(_other_fps(*two) for two in zip(_cameras(said), _cameras(now), strict=True))


def fps_moved(said: float, now: float) -> bool:
    """Whether frames per second are off by a fifth and by one, so that people care."""
    return abs(now - said) >= _FPS_LEAST and abs(now - said) > _FPS_SHARE * said


class Heartbeats:
    """Those that follow one report.

    Attributes:
        anchor: what the report says of them.
    """

    def __init__(self, secret: bytes) -> None:
        """Makes them.

        Args:
            secret: see `crds.heartbeat.Chain`.
        """
        self._chain = Chain(secret)
        self.anchor = self._chain.anchor
        self._fleet_id = self._report = ""

    def follow(self, report: AgentResponse, record: bytes) -> None:
        """They stand for this report, which was sent as these bytes."""
        self._fleet_id, self._report = report.fleet_id, digest_of(record)

    def next(self, now: datetime) -> Heartbeat | None:
        """The next one; None when all are used up."""
        link = self._chain.next()
        if link is None:
            return None
        return Heartbeat(fleet_id=self._fleet_id, report=self._report, number=link[0], link=link[1], sent_at=now)


def _cameras(standing: Standing) -> Iterator[CameraFacts]:
    return (camera for instance in standing.instances for camera in instance.cameras)


def _messages(standing: Standing) -> Iterator[str]:
    for instance in standing.instances:
        yield instance.message
        for camera in instance.cameras:
            yield camera.message
            yield camera.pictures.message if camera.pictures else ""
    yield from standing.messages


def _in_other_words(said: str, now: str) -> bool:
    return said != now and _NUMBER.sub("0", said) != _NUMBER.sub("0", now)


def _other_fps(said: CameraFacts, now: CameraFacts) -> bool:
    if said.fps is None or now.fps is None:
        return said.fps is not now.fps
    return fps_moved(said.fps, now.fps)
