"""The ports of one program, together."""

from dataclasses import dataclass, field

from ports.clock import Clock, SystemClock
from ports.dice import Dice, SystemDice
from ports.disk import Disk, RealDisk
from ports.marks import MachineMarks, Marks
from ports.threads import PoolThreads, Threads


@dataclass(frozen=True)
class Ports:
    """What a program takes of its machine; by default the real ones."""

    clock: Clock = field(default_factory=SystemClock)
    dice: Dice = field(default_factory=SystemDice)
    disk: Disk = field(default_factory=RealDisk)
    threads: Threads = field(default_factory=PoolThreads)
    marks: Marks = field(default_factory=MachineMarks)
