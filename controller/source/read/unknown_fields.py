"""Fields that do not exist, and what their author meant."""

import difflib
from typing import Final

from pydantic import BaseModel
from pydantic.alias_generators import to_camel

from controller.source.read.field_errors import path_text, shortened
from controller.source.read.model_paths import ANY_NAME, ANY_NUMBER, Path, homes, spot_at
from crds.key_path import EXTRA_KEYS, key_path
from deepstream.groups import KeyGroup
from deepstream.near_miss import nearest

_MOST_LISTED: Final = 30
_LIKELY: Final = 8
_MOST_HOMES: Final = 2
_ALMOST_THE_SAME: Final = 0.8


def unknown_field(kind: type[BaseModel], path: Path) -> tuple[str, str | None]:
    """The sentence for a field that does not exist, and the field that was probably meant."""
    word = str(path[-1])
    model = spot_at(kind, path[:-1]).model
    fields = [field.alias or name for name, field in model.model_fields.items()] if model else []
    camel = to_camel(word.replace("-", "_")) if "_" in word or "-" in word else word
    if camel in fields:
        return f"manifests are written in camelCase: write {camel}", camel
    if model and (written := _as_deepstream_writes(model, word)):
        field, how = written
        return f"that is its name in DeepStream's files: write {how}", field
    meant = _homes_near(kind, path, camel)
    near = nearest(camel, fields)
    # The very word in another place is a better guess than a word that is a little like it.
    if near and (not meant or _likeness(camel, near) >= _ALMOST_THE_SAME):
        return f"there is no such field; did you mean {near}?", near
    if meant:
        return f"there is no such field here; it belongs at {' or '.join(map(_home_text, meant))}", None
    if not fields:
        return "there is no such field", None
    more = (
        f"; other keys of DeepStream go into {EXTRA_KEYS}" if model is not None and issubclass(model, KeyGroup) else ""
    )
    return f"there is no such field; {_listed(camel, fields)}{more}", None


def _as_deepstream_writes(model: type[BaseModel], word: str) -> tuple[str, str] | None:
    """The field for a key, or a group of keys, named as in DeepStream's files, and how to write it."""
    if issubclass(model, KeyGroup):
        field, *free_part = key_path(model, word)
        if field != EXTRA_KEYS:
            label = "".join(map(shortened, free_part))
            return field, f"{field}: {{{label}: …}}" if label else field
        return None
    for name, one in model.model_fields.items():
        # The description of a field for a group says how files name the group.
        if f"[{word}]" in (one.description or ""):
            alias = one.alias or name
            return alias, alias
    return None


def _homes_near(kind: type[BaseModel], path: Path, word: str) -> list[Path]:
    """Where a field of this name stands: the places that have most of the path in common, and of these the highest."""
    ranked: dict[tuple[int, int], dict[Path, Path]] = {}
    for home in homes(kind).get(word, ()):
        shared = _shared(home, path[:-1])
        # What stands around the field twice, such as the same network in several places, is told once.
        likely = ranked.setdefault((-shared, len(home)), {})
        likely.setdefault(home[: shared + 1], (*path[:shared], *home[shared:]))
    return list(ranked[min(ranked)].values())[:_MOST_HOMES] if ranked else []


def _shared(home: Path, path: Path) -> int:
    shared = 0
    for ours, theirs in zip(home[:-1], path, strict=False):
        if (
            ours != theirs
            and ours not in (ANY_NAME, ANY_NUMBER)
            and not (isinstance(ours, int) and isinstance(theirs, int))
        ):
            break
        shared += 1
    return shared


def _likeness(word: str, other: str) -> float:
    return difflib.SequenceMatcher(None, word.lower(), other.lower()).ratio()


def _home_text(home: Path) -> str:
    text = path_text(home)
    for free in (ANY_NAME, ANY_NUMBER):
        text = text.replace(f'["{free}"]', f".{free}")
    return text


def _listed(word: str, fields: list[str]) -> str:
    if len(fields) <= _MOST_LISTED:
        return f"there are {', '.join(sorted(fields))}"
    likely = difflib.get_close_matches(word, fields, n=_LIKELY, cutoff=0.0)
    return f"there are {len(fields)}, such as {', '.join(sorted(likely))}"
