"""Chance, for spreading work over time. Never for keys or passwords."""

import random
from typing import Protocol


class Dice(Protocol):
    """What is thrown. A `random.Random` with a seed is such dice too, and throws the same in every run."""

    def uniform(self, a: float, b: float, /) -> float:
        """A number between the two."""
        ...


SystemDice = random.SystemRandom
"""Dice that nobody can foresee."""
