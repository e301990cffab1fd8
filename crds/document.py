"""The common forms of documents: manifests in camelCase for people, messages in snake_case for the wire."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from sys import intern
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Final, Literal, Self, TypeVar

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    StringConstraints,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    model_serializer,
)
from pydantic.alias_generators import to_camel

from crds.alike import AlikeTexts
from crds.compact import become, one_copy

API_GROUP = "dsfleet.io"
API_VERSION = f"{API_GROUP}/v1"

# DNS-1123 subdomain, the rule that Kubernetes has for names of objects.
ObjectName = Annotated[
    str,
    StringConstraints(
        min_length=1, max_length=63, pattern=r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$"
    ),
]
# Kubernetes' rules for keys and values of labels, https://kubernetes.io/docs/concepts/overview/working-with-objects/labels
LabelKey = Annotated[
    str,
    StringConstraints(
        max_length=317, pattern=r"^([a-z0-9][-a-z0-9.]*/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$"
    ),
]
LabelValue = Annotated[str, StringConstraints(max_length=63, pattern=r"^([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?$")]
# https://kafka.apache.org/documentation/#basic_ops_add_topic: 249 characters of this alphabet.
KafkaTopic = Annotated[str, StringConstraints(min_length=1, max_length=249, pattern=r"^[A-Za-z0-9._-]+$")]


def _in_utc(time: datetime) -> datetime:
    # Where it was written and in UTC: whoever reads what is kept here reads that, and the years beside these convert to nothing.
    if 1970 <= time.year <= 9998 and 1970 <= (in_utc := time.astimezone(UTC)).year <= 9998:
        return in_utc
    raise ValueError("a time between the years 1970 and 9998 is expected")


UtcTime = Annotated[AwareDatetime, AfterValidator(_in_utc)]
"""A time with its zone, kept in UTC: what comes from topics must always compare with the time now."""


class ManifestModel(BaseModel):
    """A part of a manifest: frozen, camelCase outside, unknown fields refused."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        alias_generator=to_camel,
        populate_by_name=True,
        validate_default=True,
        allow_inf_nan=False,
    )


M = TypeVar("M", bound=ManifestModel)


def shared(part: type[M]) -> Callable[[], M]:
    """Gives the default of a part of a manifest: one object for all, since it is frozen and fleets have it by the ten thousand."""
    default = part()
    return lambda: default


def of_any_version(model: type[ManifestModel]) -> WrapValidator:
    """For a part of a manifest that stands in a message: fields that this version does not know are passed over there."""

    def parse(value: Any, as_manifest: ValidatorFunctionWrapHandler) -> Any:
        return model.model_validate(value, extra="ignore") if isinstance(value, dict) else as_manifest(value)

    return WrapValidator(parse)


class WireModel(BaseModel):
    """A part of a message on a topic: frozen, snake_case; unknown fields are dropped, so that neighbours may be newer."""

    model_config = ConfigDict(extra="ignore", frozen=True, allow_inf_nan=False)

    def wire_json(self) -> bytes:
        """What stands on a topic: JSON without blanks."""
        return self.model_dump_json().encode()


_LARGEST_FORMAT: Final = 9999
"""What is above it is no format, and not worth a line of a log."""

FORMAT: Final = 1
"""Grows when those who know the form before could not read the new one; an added field is no new format."""


class Message(WireModel):
    """A whole record on a topic, or note on disk, that outlives the version that wrote it."""

    format: Literal[1] = FORMAT
    """Older ones do not say it: they are of format 1."""


def unknown_format(what: str, content: Any, known: int = FORMAT) -> str:
    """Why something cannot be read: it is of a format of another version. Empty when that is no reason.

    Args:
        what: the message or file, for people.
        content: it, as JSON values: anything at all. Without a number it is of format 1.
        known: the format that this version reads.
    """
    found = content.get("format", 1) if isinstance(content, dict) else 1
    if type(found) is not int or found == known or not 0 <= found <= _LARGEST_FORMAT:
        return ""
    return f"{what} is of format {found}, and this version reads format {known}"


class ObjectMeta(ManifestModel):
    """What identifies an object, and what its owner wants to find it by."""

    name: ObjectName = Field(description="Name of the object, unique within its kind.")
    labels: dict[LabelKey, LabelValue] = Field(default_factory=dict, description="Labels that selectors match.")
    annotations: dict[LabelKey, str] = Field(default_factory=dict, description="Notes that no program selects by.")


class Manifest(ManifestModel):
    """What every kind has. The status is not here: the controller alone writes it, into what its API shows."""

    plural: ClassVar[str]
    short_name: ClassVar[str]

    api_version: Literal["dsfleet.io/v1"] = Field(description="Version of the form of this document.")
    kind: str
    metadata: ObjectMeta

    def pack(self, texts: AlikeTexts) -> None:
        """Keeps what it says as JSON, in a third of the memory. It is the same object and says the same, slower: see `opened`.

        Args:
            texts: packs the JSON of manifests of its kind.
        """
        if _PACKED not in self.__dict__:
            metadata = self.metadata
            kept = {
                "kind": self.kind,
                "_name": intern(metadata.name),
                "_labels": one_copy(metadata.labels),
                "_annotations": one_copy(metadata.annotations),
                "_texts": texts,
                _PACKED: texts.pack(self.text()),
                **self._looked_at(),
            }
            become(self, kept)

    def _looked_at(self) -> dict[str, Any]:
        """What is asked of all manifests again and again: it is kept beside what is packed."""
        return {}

    def text(self) -> bytes:
        """What `document` answers, as JSON: it takes less than that, and no models."""
        kept = self.__dict__
        if _PACKED in kept:
            text: bytes = kept["_texts"].text(kept[_PACKED])
            return text
        # That of the whole would go by way of `_whole`, which takes as long as all of this.
        metadata, spec = (_json_of(kept[part]) for part in ("metadata", "spec"))
        return b'{"apiVersion":"%b","kind":"%b","metadata":%b,"spec":%b}' % (
            self.api_version.encode(),
            self.kind.encode(),
            metadata,
            spec,
        )

    def unpack(self) -> None:
        """Takes back what `pack` did."""
        object.__setattr__(self, "__dict__", self.opened().__dict__)

    def opened(self) -> Self:
        """The same, not packed: who looks at much of it asks that one."""
        kept = self.__dict__
        if _PACKED not in kept:
            return self
        return self.model_validate_json(kept["_texts"].text(kept[_PACKED]), by_alias=True, by_name=False)

    @property
    def name(self) -> str:
        """Name of the object, unique within its kind."""
        name: str | None = self.__dict__.get("_name")
        return self.metadata.name if name is None else name

    @property
    def labels(self) -> Mapping[str, str]:
        """Labels that selectors match."""
        labels: Mapping[str, str] | None = self.__dict__.get("_labels")
        return self.metadata.labels if labels is None else labels

    @property
    def annotations(self) -> Mapping[str, str]:
        """Notes that no program selects by."""
        annotations: Mapping[str, str] | None = self.__dict__.get("_annotations")
        return self.metadata.annotations if annotations is None else annotations

    def document(self) -> dict[str, Any]:
        """The manifest as plain data in its written form: camelCase, without what was not given."""
        kept = self.__dict__
        if _PACKED not in kept:
            return self.model_dump(mode="json", by_alias=True, exclude_unset=True)
        document: dict[str, Any] = kept["_texts"].value(kept[_PACKED])
        return document

    if not TYPE_CHECKING:  # a type checker would take every name for one that there is

        def __getattr__(self, name: str) -> Any:
            if name not in _PUT_AWAY:
                return super().__getattr__(name)
            kept = self.opened().__dict__  # a thread may pack or unpack it at this moment
            return kept[name] if name in kept else super().__getattr__(name)

    def __eq__(self, other: object) -> bool:
        """True for one that says the same, packed or not."""
        if not isinstance(other, Manifest):
            return NotImplemented
        return self is other or BaseModel.__eq__(self.opened(), other.opened())

    def __hash__(self) -> int:
        """Of equal ones it is the same."""
        return hash((self.kind, self.name))

    def __repr_args__(self) -> Any:
        return super(Manifest, self.opened()).__repr_args__()

    def __getstate__(self) -> dict[Any, Any]:
        return super(Manifest, self.opened()).__getstate__()

    def __deepcopy__(self, memo: dict[int, Any] | None = None) -> Self:
        return super(Manifest, self.opened()).__deepcopy__(memo)

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """A copy, which is not packed."""
        return super(Manifest, self.opened()).model_copy(update=update, deep=deep)

    @model_serializer(mode="wrap")
    def _whole(self, write: SerializerFunctionWrapHandler) -> Any:
        return write(self.opened())


def _json_of(part: BaseModel) -> bytes:
    return part.__pydantic_serializer__.to_json(part, by_alias=True, exclude_unset=True)


_PACKED: Final = "_packed"
_PUT_AWAY: Final = frozenset({"api_version", "metadata", "spec"})
