"""Containers of a Docker Engine. The one room that imports docker.

`driver.py` does the operations; `engine.py` is the connection, its images and its errors in our words; `container.py`,
pure, makes of an instance what the engine is asked for; `states.py` remembers what the engine said of a container, for
as long as `events.py` hears of every change; `needs.py` says what a machine lacks when the engine has refused.
"""

import sys
import warnings

# requests takes what guesses the encodings of texts where it finds it, and says so where not: the engine speaks UTF-8, and that is
# 3 MiB of each agent.
_GUESSERS = ("chardet", "charset_normalizer")
_THERE = {name: sys.modules[name] for name in _GUESSERS if name in sys.modules}
sys.modules.update(dict.fromkeys(_GUESSERS))  # type: ignore[arg-type]  # None: it cannot be imported
try:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Unable to find acceptable character detection dependency")
        import docker as _docker  # noqa: F401
finally:
    for _name in _GUESSERS:
        del sys.modules[_name]
    sys.modules.update(_THERE)
