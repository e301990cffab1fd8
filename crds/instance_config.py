"""What topic 210 says of one instance: all that its agent needs to know of it."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Annotated, Any, Final, Self

from pydantic import (
    BaseModel,
    Field,
    ModelWrapValidatorHandler,
    PrivateAttr,
    SerializationInfo,
    SerializerFunctionWrapHandler,
    ValidationInfo,
    model_serializer,
    model_validator,
)
from pydantic_core import to_json, to_jsonable_python

from crds.alike import AlikeTexts
from crds.app_kind import AppKind
from crds.camera_limits import CameraLimits
from crds.compact import compact, made_compact
from crds.container import ContainerSettings
from crds.digest import digest
from crds.document import WireModel, of_any_version

_OUTSIDE_OF_THE_DIGEST = frozenset({"digest", "format", "sealed"})
"""What may differ between two forms of one content: how it is written, and what is encrypted anew each time."""
_JUST_MADE: Final = object()
"""Says of a content that its digest was calculated a moment ago."""


_SELDOM_ASKED_FOR = ("container", "settings", "files", "digests")
"""The fields that are nearly all of it, and not kept beside its packed content."""


class RenderedFile(WireModel):
    """A file for the configuration folder of an instance. Secrets stand in it as placeholders, see `crds.secret`."""

    path: str
    """Relative to the configuration folder, without `..`."""
    content: str


class CameraConfig(WireModel):
    """A camera as one instance sees it."""

    name: str
    camera_id: str
    slot: int
    """Index that it keeps while it stays with its instance: the source id, in apps that can be told one."""
    limits: Annotated[CameraLimits, of_any_version(CameraLimits)]
    exclusive: bool = False


class PartDigests(WireModel):
    """Digests of the parts of an instance that are applied in different ways."""

    container: str
    """Image, container settings and ports: another one means another container."""
    files: str
    """The rendered files, and when a person wanted a restart, if ever."""
    streams: str
    """The cameras with their addresses and slots."""
    analytics: str
    """Lines and regions of the cameras."""
    engines: str = ""
    """Digest of the identities of the TensorRT engines that the app builds; empty when it builds none."""


class Hold(WireModel):
    """A person works on an instance: its agent does nothing to it until it is released."""

    reason: str = ""
    """In the words of that person; may be empty."""
    requested: bool = True
    """True for a request (`fleet hold`), False for the annotation of the manifest."""

    def __str__(self) -> str:
        """For people."""
        by = "by request" if self.requested else "by its manifest"
        return f"held {by}: {self.reason}" if self.reason else f"held {by}"


class InstanceConfig(WireModel):
    """One instance, resolved to the last detail: what an agent applies without any choice of its own.

    It keeps its content as it was given or received, and is written as that: nothing that another version put there is
    lost, and the digest holds for readers that know more fields, or fewer.
    """

    instance_name: str
    app_kind: AppKind
    image: str
    container: Annotated[ContainerSettings, of_any_version(ContainerSettings)]
    rest_port: int = Field(ge=1, le=65535)
    """Loopback port for the REST interface of the app."""
    settings: dict[str, Any]
    """The resolved spec, for people and for naming what changed; the files hold what the app reads."""
    files: tuple[RenderedFile, ...]
    cameras: tuple[CameraConfig, ...]
    digests: PartDigests
    digest: str
    engine_cache_path: str = ""
    """Where the container sees the folder of the node that keeps its TensorRT engines, which is its working directory
    too; empty when it has none. Left out of the content then, so that digests stay what they were."""
    manifest_name: str = ""
    """The name of its manifest, where that is not `instance_name`: it was renamed, and what runs keeps the name that it
    began with. Left out of the content otherwise."""
    restarted_at: str = ""
    """The `restartedAt` of its manifest, which the digest of its files is over, too, so that agents that do not know it
    restart the app as well; empty, and left out of the content, when nobody wanted that."""
    hold: Hold | None = None
    """None when nobody holds it; then its content does not have the field, and no digest knows of it."""
    _received: dict[str, Any] | None = PrivateAttr(default=None)
    """The content as plain JSON values; None for a copy that differs from it, and for one that is packed."""
    _packed: bytes | None = PrivateAttr(default=None)
    """The content as JSON, for one that is packed."""
    _texts: AlikeTexts | None = PrivateAttr(default=None)
    """What it was packed with."""

    @staticmethod
    def digest_of(content: Mapping[str, Any]) -> str:
        """The digest of an instance: over its whole content in its wire form, but for what says how it is written."""
        return digest({key: value for key, value in content.items() if key not in _OUTSIDE_OF_THE_DIGEST})

    @classmethod
    def of_content(cls, content: Mapping[str, Any]) -> Self:
        """An instance with this content in its wire form, and with the digest of that, which is not calculated again."""
        return cls.model_validate({**content, "digest": cls.digest_of(content)}, context=_JUST_MADE)

    @classmethod
    def packed_of(
        cls, content: Mapping[str, Any], right_digest: str, limits: Mapping[str, CameraLimits], texts: AlikeTexts
    ) -> Self:
        """As `of_content` and then `pack`, of content that was rendered here: it is not validated.

        Args:
            content: as for `of_content`, without fields that this version does not know.
            right_digest: see `digest_of`.
            limits: of its cameras, by name.
            texts: packs the JSON of instances.
        """
        whole = {**content, "digest": right_digest}
        cameras = tuple(
            made_compact(CameraConfig, {**one, "limits": limits[one["name"]]}, _FIELDS_OF_CAMERA)
            for one in content["cameras"]
        )
        values = {name: whole.get(name, default) for name, default in _KEPT.items()}
        values |= {"app_kind": AppKind(content["app_kind"]), "cameras": cameras}
        config = made_compact(cls, values, frozenset(whole))
        private = {"_received": None, "_packed": texts.pack(to_json(whole)), "_texts": texts}
        object.__setattr__(config, "__pydantic_private__", private)
        return config

    @model_validator(mode="wrap")
    @classmethod
    def _digest_is_right(cls, given: Any, parse: ModelWrapValidatorHandler[Self], info: ValidationInfo) -> Self:
        config = parse(given)
        if config is not given:
            is_just_made = info.context is _JUST_MADE
            is_plain = is_just_made or info.mode == "json"
            content = given if is_plain else to_jsonable_python(given, by_alias=False)
            config._received = content  # noqa: SLF001 - its own
            if not is_just_made and config.digest != cls.digest_of(content):
                raise ValueError(f"instance {config.instance_name}: the digest does not belong to the content")
        return config

    def pack(self, texts: AlikeTexts, limits: dict[CameraLimits, CameraLimits] | None = None) -> None:
        """Keeps what is seldom asked for as JSON: 3 KB of memory instead of 45. It says the same, and answers slower.

        Args:
            texts: packs the JSON of instances.
            limits: those of the instances that were packed with this one: equal ones become one object.
        """
        if self._received is None:
            return
        self._packed, self._texts = texts.pack(to_json(self._received)), texts
        self._received = None
        kept = {name: value for name, value in self.__dict__.items() if name not in _SELDOM_ASKED_FOR}
        object.__setattr__(self, "__dict__", kept)
        limits = {} if limits is None else limits
        for camera in self.cameras:
            camera.__dict__["limits"] = limits.setdefault(camera.limits, camera.limits)
        compact(self)

    def _content(self) -> dict[str, Any] | None:
        """What was given or received, as plain JSON values; None for a copy that differs from it."""
        if self._packed is None or self._texts is None:
            return self._received
        content: dict[str, Any] = self._texts.value(self._packed)
        return content

    def wire_json(self) -> bytes:
        """As `model_dump_json` writes it, which is what was packed."""
        if self._packed is None or self._texts is None:
            return super().wire_json()
        return self._texts.text(self._packed)

    def _unpacked(self) -> Self:
        """The same, not packed."""
        if self._packed is None:
            return self
        whole, content, kept = super().model_copy(), self._content() or {}, self.__dict__
        fields = {name: kept[name] if name in kept else _part(name, content) for name in type(self).model_fields}
        object.__setattr__(whole, "__dict__", fields)
        whole._received, whole._packed, whole._texts = content, None, None  # noqa: SLF001 - its own
        return whole

    if not TYPE_CHECKING:  # a type checker would take every name for one that there is

        def __getattr__(self, name: str) -> Any:
            if name not in _SELDOM_ASKED_FOR or (content := self._content()) is None:
                return super().__getattr__(name)
            return _part(name, content)

    def __eq__(self, other: object) -> bool:
        """True for one that says the same, packed or not."""
        if not isinstance(other, InstanceConfig):
            return NotImplemented
        return self is other or BaseModel.__eq__(self._unpacked(), other._unpacked())

    def __hash__(self) -> int:
        """Of equal ones it is the same."""
        return hash(self.digest)

    @property
    def name(self) -> str:
        """The name of its manifest, which people know it by."""
        return self.manifest_name or self.instance_name

    def with_hold(self, hold: Hold | None) -> Self:
        """The same, held or not: with the digest of that, and of all that another version put there."""
        return self if hold == self.hold else self._with("hold", hold.model_dump(mode="json") if hold else None)

    def with_manifest_name(self, name: str) -> Self:
        """The same under another name, with the digest of that; what runs keeps the name that it began with."""
        said = "" if name == self.instance_name else name
        return self if said == self.manifest_name else self._with("manifest_name", said)

    def _with(self, field: str, value: Any) -> Self:
        content = {key: one for key, one in self.model_dump(mode="json").items() if key not in (field, "digest")}
        if value:
            content[field] = value
        return self.of_content(content)

    @property
    def digests_of_the_same(self) -> frozenset[str]:
        """Those that what runs may have, since to hold and to rename touch nothing, and agents note it or do not."""
        if self.hold is None and not self.manifest_name:
            return frozenset({self.digest})
        unheld = self.with_hold(None)
        return frozenset({self.digest, unheld.digest, unheld.with_manifest_name(self.instance_name).digest})

    @model_serializer(mode="wrap")
    def _as_received(self, write: SerializerFunctionWrapHandler, info: SerializationInfo) -> Any:
        content = None if info.mode != "json" or info.exclude or info.include else self._content()
        return write(self._unpacked()) if content is None else content

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """A copy; one with other values is written as what this version knows of it."""
        if not update:
            return super().model_copy(deep=deep)
        copied = super(InstanceConfig, self._unpacked()).model_copy(update=update, deep=deep)
        copied._received = None  # noqa: SLF001 - its own
        return copied


_FIELDS_OF_CAMERA: Final = frozenset(CameraConfig.model_fields)
_KEPT: Final[dict[str, Any]] = {
    name: None if field.is_required() else field.default
    for name, field in InstanceConfig.model_fields.items()
    if name not in _SELDOM_ASKED_FOR
}
"""The fields that are kept beside the packed content, with their defaults."""


def _part(name: str, content: Mapping[str, Any]) -> Any:
    """One of the fields that are seldom asked for, of content that was found valid before."""
    if name == "container":
        return ContainerSettings.model_validate(content["container"], extra="ignore")
    if name == "digests":
        return PartDigests.model_validate(content["digests"])
    if name == "files":
        return tuple(RenderedFile.model_validate(one) for one in content["files"])
    return content[name]


def texts_of_instances() -> AlikeTexts:
    """What packs instances: the JSON of one has some 6 KB."""
    return AlikeTexts(window_bits=14, level=5, memory_level=5)


def cameras_of(instances: Iterable[InstanceConfig]) -> frozenset[str]:
    """The names of the cameras that instances watch."""
    return frozenset(camera.name for one in instances for camera in one.cameras)
