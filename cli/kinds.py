"""What the words `cameras`, `ds/entrance` and `all` on a command line mean.

The kinds are listed once more here, without their models: importing those takes as long as a whole `fleet get` may.
"""

from collections.abc import Sequence
from typing import NamedTuple

from cli.failure import Failure, printable

GROUP_PATH = "/apis/dsfleet.io/v1"
PODS_PATH = "/api/v1/namespaces/default/pods"
"""Instances as kubectl knows them."""
METRICS_PATH = "/apis/metrics.k8s.io/v1beta1"


class Kind(NamedTuple):
    """A kind of object that the API lists."""

    name: str
    singular: str
    plural: str
    short: str
    path: str

    def path_of(self, name: str) -> str:
        """The path of one object."""
        from urllib.parse import quote

        collection = "/api/v1/namespaces/default/events" if self.name == "Event" else self.path
        return f"{collection}/{quote(name, safe='')}"


NODE = Kind("Node", "node", "nodes", "no", f"{GROUP_PATH}/nodes")
DSINSTANCE = Kind("DsInstance", "dsinstance", "dsinstances", "ds", f"{GROUP_PATH}/dsinstances")
CAMERA = Kind("Camera", "camera", "cameras", "cam", f"{GROUP_PATH}/cameras")
EVENT = Kind("Event", "event", "events", "ev", "/api/v1/events")

OBJECT_KINDS = (NODE, DSINSTANCE, CAMERA)
CREATE_ORDER = (NODE, CAMERA, DSINSTANCE)
"""Instances name nodes and cameras: these come first, and go last."""
KINDS = (*OBJECT_KINDS, EVENT)


class Target(NamedTuple):
    """All objects of a kind, or one of them."""

    kind: Kind
    name: str | None

    def __str__(self) -> str:
        """The form of the command line: kind/name."""
        return f"{self.kind.singular}/{self.name}" if self.name else self.kind.plural


def kinds_named(words: str) -> list[Kind]:
    """The kinds that words with commas between them mean, each once.

    Raises:
        Failure: a word means no kind.
    """
    found: list[Kind] = []
    for word in words.split(","):
        found += OBJECT_KINDS if word.lower() == "all" else [kind_named(word)]
    return list(dict.fromkeys(found))


def kind_named(word: str) -> Kind:
    """The kind that a word means: kind, plural, singular or short name, in any case.

    Raises:
        Failure: the word means no kind.
    """
    lowered = word.lower().removesuffix(".dsfleet.io")
    for kind in KINDS:
        if lowered in (kind.singular, kind.plural, kind.short):
            return kind
    from difflib import get_close_matches

    words = [spelling for kind in KINDS for spelling in (kind.singular, kind.plural)] + ["all"]
    near = get_close_matches(lowered, words, n=1)
    known = "there are nodes (no), dsinstances (ds), cameras (cam), events (ev) and all"
    raise Failure(f"there is no kind '{printable(word)}': " + (f"did you mean {near[0]}?" if near else known))


def instance_named(word: str) -> str:
    """The name in `dsinstance/NAME`.

    Raises:
        Failure: the word is not of that form.
    """
    target = targets_of([word])[0] if "/" in word else None
    if target is None or target.kind is not DSINSTANCE or not target.name:
        raise Failure(f"'{printable(word)}' is not of the form dsinstance/NAME")
    return target.name


def targets_of(words: Sequence[str]) -> list[Target]:
    """What `KIND[,KIND]`, `KIND NAME...` and `KIND/NAME...` on a command line ask for.

    Raises:
        Failure: the words mix both forms, or name no kind.
    """
    if any("/" in word for word in words):
        targets = []
        for word in words:
            kind, slash, name = word.partition("/")
            if not slash or not name or "/" in name:
                raise Failure(f"'{printable(word)}' is not of the form KIND/NAME, as the other words are")
            targets.append(Target(kind_named(kind), name))
        return targets
    kinds, names = kinds_named(words[0]), words[1:]
    if not names:
        return [Target(kind, None) for kind in kinds]
    return [Target(kind, name) for kind in kinds for name in names]
