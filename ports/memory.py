"""What a program does with memory that it does not need any more."""

import contextlib
import ctypes
import gc
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

# mallopt(3) of the GNU C library.
_M_TRIM_THRESHOLD: Final = -1
_M_MMAP_THRESHOLD: Final = -3
_M_ARENA_MAX: Final = -8
_LARGE_BYTES: Final = 64 * 1024
_LEFT_OVER_BYTES: Final = 128 * 1024

# madvise(2); the first line of a mapping of a file in proc_pid_smaps(5), read and not written, private; and a line of it.
_MADV_DONTNEED: Final = 4
_OF_A_FILE: Final = re.compile(r"([0-9a-f]+)-([0-9a-f]+) r-[x-]p \S+ \S+ [1-9]\d* +/")
_NEVER_WRITTEN: Final = re.compile(r"^Anonymous: +0 kB$", re.MULTILINE)
_FIRST_LINE: Final = re.compile(r"^(?=[0-9a-f]+-[0-9a-f]+ )", re.MULTILINE)

_OLDEST_GENERATION: Final = 2
_LONG_SECONDS: Final = 0.03
_DAY_SECONDS: Final = 24 * 3600.0
_OBJECTS_BETWEEN_LOOKS: Final = 50_000
"""So many objects more than were freed, and Python looks through them; by itself after 700. What is read of manifests stays, so
that nearly all looks are in vain: with this they cost a fifth. A look takes 5 ms, and what waits for it is a few MiB."""
_LOOKS_BETWEEN_LONGER_ONES: Final = (20, 100)


def give_back_what_is_freed(most_arenas: int | None = None) -> None:
    """Has the C library give memory back to the machine as soon as it is freed, where it knows how to be told that.

    By itself it learns from large buffers to keep them: after 60,000 records that anybody wrote, a controller with 100 MiB of
    objects held 700 MiB, and with this 160.

    Args:
        most_arenas: out of so many stores threads take their memory, and each keeps a remainder. One is enough for a program
            whose threads mostly wait, and takes half a MiB less than eight for each core, which is the rule of the C library.
    """
    try:
        tune = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):  # another C library
        return
    tune(_M_MMAP_THRESHOLD, _LARGE_BYTES)
    tune(_M_TRIM_THRESHOLD, _LEFT_OVER_BYTES)
    if most_arenas is not None:
        tune(_M_ARENA_MAX, most_arenas)


class LongLooks:
    """Sets aside what outlived a long look for cycles: the next ones look at what is newer, and hold nobody up.

    Whenever a quarter more has come, Python looks through all objects for cycles that nobody refers to. With 7,000 objects
    of each node that is half of the CPU of a start, and seconds in which nothing else happens. What is set aside is freed as
    ever once nobody refers to it; cycles are the exception, so it is looked through as well once in a day.
    """

    def __init__(
        self,
        clock: Callable[[], float] = time.perf_counter,
        set_aside: Callable[[], None] = gc.freeze,
        take_back: Callable[[], None] = gc.unfreeze,
    ) -> None:
        """Begins a day.

        Args:
            clock: seconds since some moment.
            set_aside: sets aside all objects that there are.
            take_back: has the next look see all of them.
        """
        self._clock = clock
        self._set_aside = set_aside
        self._take_back = take_back
        self._day_began = self._look_began = clock()

    def __call__(self, phase: str, info: dict[str, int]) -> None:
        """To be called by `gc.callbacks`."""
        if info["generation"] < _OLDEST_GENERATION:
            return
        now = self._clock()
        if phase == "start":
            self._look_began = now
        elif now - self._day_began > _DAY_SECONDS:
            self._day_began = now
            self._take_back()
        elif now - self._look_began > _LONG_SECONDS:
            self._set_aside()


@contextlib.contextmanager
def looking_for_cycles_among_what_is_new() -> Iterator[None]:
    """Has searches for cycles hold this program up for no longer than they must, see `LongLooks`; afterwards all is as before."""
    threshold, long_looks = gc.get_threshold(), LongLooks()
    gc.set_threshold(_OBJECTS_BETWEEN_LOOKS, *_LOOKS_BETWEEN_LONGER_ONES)
    gc.callbacks.append(long_looks)
    try:
        yield
    finally:
        gc.callbacks.remove(long_looks)
        gc.set_threshold(*threshold)
        gc.unfreeze()


def give_back_what_the_start_needed() -> None:
    """Has the machine take back what this program has read in and most likely does not need again.

    That is the code of its libraries and their constants, of which the start goes through a lot, and what the C library still holds
    of what was freed. What is needed is there again in microseconds: it stays in the machine's cache as long as nobody else
    needs the room.
    """
    gc.collect()
    try:
        library = ctypes.CDLL(None)
        trim, advise = library.malloc_trim, library.madvise
        mappings = Path("/proc/self/smaps").read_text(encoding="utf-8", errors="replace")
    except (OSError, AttributeError):  # another C library, or another system
        return
    trim(0)
    advise.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
    for mapping in _FIRST_LINE.split(mappings):
        # What is dropped is what the file holds: not where the linker has put in addresses before it forbade to write.
        if (found := _OF_A_FILE.match(mapping)) is not None and _NEVER_WRITTEN.search(mapping):
            begin, end = int(found[1], 16), int(found[2], 16)
            advise(begin, end - begin, _MADV_DONTNEED)
