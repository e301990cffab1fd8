"""Words that nobody would think of: they may be secrets that go by no known name."""

import itertools
import math
import re
from typing import Final

_SHORTEST_RANDOM: Final = 20
_WORD: Final = re.compile(
    rf"(?<![A-Za-z0-9+/_-])[A-Za-z0-9][A-Za-z0-9+/_-]{{{_SHORTEST_RANDOM - 1},}}|[A-Za-z0-9]{{{_SHORTEST_RANDOM},}}"
)
_OF_BASE64: Final = re.compile(r"[+/_-]")
_MOST_OF_BASE64: Final = 1 / 8
_FEWEST_OF_A_KIND: Final = 2
_SHORTEST_OF_ONE_CASE: Final = 24
_FEWEST_DIGITS: Final = 5
_CHANGES_OF_ONE_CASE: Final = 0.33
_OF_CAMEL_CASE: Final = re.compile(r"[A-Z]?[a-z]{3,}")
_MOST_OF_WORDS: Final = 1 / 2
_HEXADECIMAL: Final = re.compile(r"[0-9a-fA-F]*")
_CHANGES: Final = 0.4
_BITS: Final = 3.5


def looks_random(text: str) -> bool:
    """True for a text with a word in it that nobody would think of: it may be a secret that goes by no known name.

    Of small and capital letters and digits it has at least 20, two of each kind; two of five times the kind changes from one
    character to the next, as it does by chance three times of five; and less than half of it are words of three small letters or
    more, as in camelCase. Of letters of one case
    and digits it has at least 24, five of them digits, and is not hexadecimal; the kind changes one of three times. Either way it
    holds at least 3.5 bits for each character (Shannon). `+`, `/`, `-` and `_` may stand in it, as in base64; with more of them it is
    a path, or a name, whose parts are looked at. Digests and UUIDs are hexadecimal, and no secrets.
    """
    return len(text) >= _SHORTEST_RANDOM and any(map(_is_random, _WORD.findall(text)))


def _is_random(found: str) -> bool:
    word = _OF_BASE64.sub("", found)
    if len(found) - len(word) > len(found) * _MOST_OF_BASE64:
        # A path, or a name of several words: each may be one.
        return any(len(one) >= _SHORTEST_RANDOM and _is_random(one) for one in _OF_BASE64.split(found))
    kinds = ["d" if one.isdigit() else "u" if one.isupper() else "l" for one in word]
    counts = [kinds.count(kind) for kind in "dul"]
    changes = sum(one != another for one, another in itertools.pairwise(kinds)) / len(word)
    shares = [word.count(one) / len(word) for one in set(word)]
    bits = -sum(share * math.log2(share) for share in shares)
    of_one_case = min(counts[1:]) == 0 and counts[0] >= _FEWEST_DIGITS and len(word) >= _SHORTEST_OF_ONE_CASE
    if of_one_case and not _HEXADECIMAL.fullmatch(word):
        return changes >= _CHANGES_OF_ONE_CASE and bits >= _BITS
    if sum(map(len, _OF_CAMEL_CASE.findall(word))) >= len(word) * _MOST_OF_WORDS:
        return False
    return min(counts) >= _FEWEST_OF_A_KIND and changes >= _CHANGES and bits >= _BITS
