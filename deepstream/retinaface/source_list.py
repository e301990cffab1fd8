"""`source_list.json`, the cameras of the app, in the shapes that its releases read."""

from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import Any, Final, Literal

from pydantic import Field, ValidationError

from deepstream.findings import Finding, Severity
from deepstream.retinaface.json_text import (
    JsonModel,
    JsonObject,
    dump_json,
    load_object,
    missing,
    raw,
    refused,
    repeated_keys,
    shown,
    strictly,
    with_extra_keys,
)


class AppRelease(StrEnum):
    """The oldest release of the app that reads a shape of `source_list.json`. Each needs its own shape.

    The app has no version numbers; these are the months of its changes (bqm1111/deepstream-retinanet).
    """

    R2022_11 = "2022-11"
    """The list is called `stream`."""
    R2023_01 = "2023-01"
    """The list is called `sources` (since 2023-01-19)."""
    R2023_03 = "2023-03"
    """Every source also says whether its pictures are published, in `stream` (since 2023-03-23)."""

    @property
    def list_key(self) -> str:
        """The key of the list of cameras."""
        return "stream" if self is AppRelease.R2022_11 else "sources"

    @property
    def has_stream_flag(self) -> bool:
        """True when every source must say whether its pictures are published."""
        return self is AppRelease.R2023_03


NEWEST_RELEASE: Final = AppRelease.R2023_03


class ListedSource(JsonModel):
    """One camera of `source_list.json`, for whichever app reads it: the reference workload knows more codecs and types."""

    camera_id: str = Field(description="What the app calls the camera in its messages.")
    address: str = Field(repr=False, description="RTSP address, or path of a file. May hold a password.")
    encode_type: str = Field(description="How the video is encoded; nothing detects it.")
    type: str = Field(description="How the address is opened.")
    # Releases before 2023-03 published pictures of every camera.
    stream: bool = Field(default=True, description="True when pictures of it go to the visual topic.")
    extra_keys: dict[str, str] = Field(
        default_factory=dict,
        repr=False,
        description="Other keys of the source with their values as JSON, written as they are.",
    )


class Source(ListedSource):
    """One camera of `source_list.json` as the RetinaFace app reads it."""

    encode_type: Literal["h264", "h265"] = Field(description="How the video is encoded; nothing detects it.")
    type: Literal["rtsp", "file"] = Field(description="How the address is opened; files are .mp4 or .avi.")


class SourceList(JsonModel):
    """`source_list.json`. The position of a source in the list is its source id in the pipeline."""

    sources: tuple[Source, ...] = Field(strict=False, description="The cameras.")
    release: AppRelease = Field(
        default=NEWEST_RELEASE, strict=False, description="The release of the app whose shape the file has."
    )


_KEYS: Final = tuple(name for name in Source.model_fields if name != "extra_keys")


def dump_source_list(sources: Iterable[ListedSource], release: AppRelease = NEWEST_RELEASE) -> str:
    """The text of the file, in the shape that a release of the app reads.

    Raises:
        ValueError: an extra key holds no JSON.
    """
    keys = [name for name in _KEYS if name != "stream" or release.has_stream_flag]
    return dump_json(
        {
            release.list_key: [
                with_extra_keys({name: getattr(one, name) for name in keys}, one.extra_keys) for one in sources
            ]
        }
    )


def read_source_list(text: str) -> tuple[SourceList, tuple[Finding, ...]]:
    """Reads `source_list.json` for an import, in whichever shape it is.

    Returns:
        The list with its shape, and what is to be said. Sources that the app would end on are left out, with an error
        for each; unknown keys of sources are kept.

    Raises:
        ConfigTextError: the text is no JSON object.
    """
    document = load_object(text)
    key = next((name for name in ("sources", "stream") if isinstance(document.get(name), list)), None)
    findings = [*repeated_keys(document), *_findings_on_top(document, key)]
    if key is None:
        return SourceList(sources=()), tuple(findings)
    items: list[Any] = document[key]
    release = _release_of(key, items)
    sources: list[Source] = []
    first_of: dict[str, int] = {}
    for position, item in enumerate(items):
        source, found = _read_source(item, f"{key}[{position}]", release)
        findings += found
        if source is None:
            continue
        first = first_of.setdefault(source.camera_id, position)
        if first != position:
            message = f"{key}[{first}] has the same id: consumers of the messages cannot tell the cameras apart"
            findings.append(Finding(Severity.NOTE, message, key=f"{key}[{position}].camera_id"))
        sources.append(source)
    return SourceList(sources=tuple(sources), release=release), tuple(findings)


def parse_source_list(text: str) -> SourceList:
    """Reads `source_list.json` strictly, in whichever shape it is.

    Raises:
        ValueError: it is no JSON, or a key is missing, unknown, repeated or of the wrong type.
    """
    found, findings = read_source_list(text)
    strictly("SourceList", findings)
    return found


def _release_of(key: str, items: list[Any]) -> AppRelease:
    if key == "stream":
        return AppRelease.R2022_11
    has_flags = any(isinstance(item, dict) and "stream" in item for item in items)
    return AppRelease.R2023_03 if has_flags or not items else AppRelease.R2023_01


def _findings_on_top(document: JsonObject, key: str | None) -> Iterator[Finding]:
    for name in document:
        if name == key:
            continue
        if key is None and name in ("sources", "stream"):
            yield Finding(Severity.ERROR, "a list of cameras is expected; the app ends at its start", key=name)
        else:
            message = "the app does not read this key, and it is left out here"
            yield Finding(Severity.WARNING, message, key=shown(name), left_out=True)
    if key is None and "sources" not in document and "stream" not in document:
        message = "the list of cameras is missing (before 2022-11 cameras were keys of their own); the app ends"
        yield Finding(Severity.ERROR, message, key="sources")


def _read_source(item: Any, path: str, release: AppRelease) -> tuple[Source | None, list[Finding]]:
    if not isinstance(item, JsonObject):
        return None, [Finding(Severity.ERROR, "an object is expected; the app ends at its start", key=path)]
    findings = list(repeated_keys(item, f"{path}."))
    known = {name: item[name] for name in _KEYS if name in item}
    extra = {name: raw(value) for name, value in item.items() if name not in _KEYS}
    if "stream" in known and not release.has_stream_flag:
        message = f"releases of the app that call the list {release.list_key} publish pictures of every camera"
        findings.append(Finding(Severity.WARNING, message, key=f"{path}.stream"))
    needed = [name for name in _KEYS if name != "stream" or release.has_stream_flag]
    findings += [missing(f"{path}.{name}") for name in needed if name not in known]
    findings += [
        Finding(Severity.WARNING, "the app does not read this key; it is kept", key=f"{path}.{shown(name)}")
        for name in extra
    ]
    try:
        return Source.model_validate({**known, "extra_keys": extra}), findings
    except ValidationError as error:
        return None, findings + [one for one in refused(error, f"{path}.") if one.key.removeprefix(f"{path}.") in known]
