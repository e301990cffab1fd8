"""A simulated camera as those see it who are connected to it, and what can be wrong with it."""

import asyncio
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Protocol

from simulator.authentication import Login
from simulator.clip_reader import Clip


class Fault(StrEnum):
    """What is wrong with a simulated camera.

    Attributes:
        OK: Nothing.
        GONE: It has died: its connections are reset, and it is not found any more.
        FROZEN: It answers, but sends no video. Healed, it goes on in the connections that there are.
        MUTE: It accepts connections and never answers.
        SLOW: It sends a fifth of its frames per second: everything happens in slow motion.
        BROKEN: A tenth of its packets is lost, another tenth damaged.
        LOCKED: Its password was changed: connections are reset, and every login is refused.
        WRONG_CODEC: It says H.265 and sends H.264, or the other way round. Connections are reset before and after.
        BLACK: Pictures come, and all are black.
        STILL: The same picture comes again and again, as new ones.
        RESIZED: Its picture is half as wide and high, as after somebody changed its settings.
        CLOCK_JUMP: Its clock jumps an hour ahead, and back when it is healed.
    """

    OK = "ok"
    GONE = "gone"
    FROZEN = "frozen"
    MUTE = "mute"
    SLOW = "slow"
    BROKEN = "broken"
    LOCKED = "locked"
    WRONG_CODEC = "wrong-codec"
    BLACK = "black"
    STILL = "still"
    RESIZED = "resized"
    CLOCK_JUMP = "clock-jump"


SLOWNESS: Final = 5

# Who is connected may not go on: neither as if nothing had happened, nor with what they were told before.
_RESETTING_BEGINS: Final = {Fault.GONE, Fault.LOCKED, Fault.WRONG_CODEC}
_RESETTING_ENDS: Final = {Fault.WRONG_CODEC}

# Its parameter sets say another size: who is connected gets them with the next key frame, as of a camera.
SHOWS_OTHERS: Final = {Fault.BLACK, Fault.STILL, Fault.RESIZED}

CLOCK_JUMP_S: Final = 3600.0

SILENT: Final = {Fault.GONE, Fault.FROZEN, Fault.MUTE}


class Session(Protocol):
    """Somebody who is connected."""

    def reset(self) -> None:
        """Breaks the connection."""
        ...


@dataclass(eq=False)
class CameraPath:
    """One camera of the server.

    Attributes:
        name: The path of its URL.
        clip: What it shows.
        login: Who may see it, None for everybody.
        fault: What is wrong with it right now.
        sessions: Who is connected.
    """

    name: str
    clip: Clip
    login: Login | None = None
    fault: Fault = Fault.OK
    sessions: set[Session] = field(default_factory=set)
    _healing: asyncio.TimerHandle | None = None

    def set_fault(self, fault: Fault, seconds: float | None = None) -> None:
        """Breaks the camera, or heals it; takes effect at once, for those connected too.

        Args:
            fault: What is wrong from now on.
            seconds: After so long it heals by itself, unless it was told something else by then.
        """
        self._stay_as_it_is()
        if seconds is not None:
            self._healing = asyncio.get_running_loop().call_later(seconds, self.set_fault, Fault.OK)
        resetting = fault is not self.fault and (fault in _RESETTING_BEGINS or self.fault in _RESETTING_ENDS)
        self.fault = fault
        if resetting:
            self._reset_sessions()

    def close(self) -> None:
        """The camera is taken away: everybody is thrown out."""
        self._stay_as_it_is()
        self._reset_sessions()

    def _stay_as_it_is(self) -> None:
        if self._healing is not None:
            self._healing.cancel()
            self._healing = None

    def _reset_sessions(self) -> None:
        for session in tuple(self.sessions):
            session.reset()
