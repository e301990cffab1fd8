"""The file that names the endpoints: its form, and what is wrong with one. Pure."""

import json
import os
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, ValidationError, model_validator

from controller.model import Position, Problem
from controller.notifying.happening import Happening
from controller.source.files import SourceFile, text_of
from controller.source.read.field_errors import path_text, sentence
from controller.source.read.unknown_fields import unknown_field
from controller.source.read.yaml_documents import Fault, YamlDocument, read_piece
from crds.document import ManifestModel, ObjectName
from crds.selector import Requirement, parse_selector

MOST_ENDPOINTS: Final = 20
_URL: Final = re.compile(r"[!-~]+")
_DEFAULT_PORTS: Final = {"https": 443, "http": 80}
_URL_IN_WORDS: Final = re.compile(r"\b(https?)://[^\s\"']+", re.IGNORECASE)


class BadWebhooks(Exception):  # noqa: N818 - what is wrong, not that something is
    """The file cannot be followed; the message holds no value of a URL."""


@dataclass(frozen=True)
class Target:
    """Where a URL leads."""

    is_secure: bool
    host: str
    port: int
    path: str
    """With the query, which may hold a secret: it is shown nowhere."""

    @property
    def host_header(self) -> str:
        """The value of the header `Host`."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _DEFAULT_PORTS[self._scheme] else f"{host}:{self.port}"

    @property
    def origin(self) -> str:
        """What may be shown of it."""
        return f"{self._scheme}://{self.host_header}"

    @property
    def _scheme(self) -> str:
        return "https" if self.is_secure else "http"


def target_of(url: str) -> Target:
    """Takes a URL apart.

    Raises:
        ValueError: it is none that messages are posted to; nothing of it stands in the message.
    """
    if not _URL.fullmatch(url):
        raise ValueError(
            "a URL has no blanks and no letters but those of ASCII: write others as %XX, and names as xn--…"
        )
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ValueError("expected a URL such as https://hooks.example.com/fleet") from None
    if parts.scheme not in _DEFAULT_PORTS or not parts.hostname:
        raise ValueError("expected a URL that begins with https:// or http://, and a host")
    if "@" in parts.netloc:
        raise ValueError(
            "a URL holds no user and no password here: write a token into a file, and name it in tokenFile"
        )
    if parts.fragment:
        raise ValueError("a URL that is posted to has no #fragment")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(parts.scheme == "https", parts.hostname, port or _DEFAULT_PORTS[parts.scheme], path)


def _checked_url(url: str) -> str:
    target_of(url)
    return url


def _checked_selector(text: str) -> str:
    parse_selector(text)
    return text


def _checked_secret_file(name: str) -> str:
    if name.startswith("whsec_"):
        raise ValueError("expected the name of a file that holds the secret, and not the secret itself")
    return name


class EventChoice(ManifestModel):
    """Which events an endpoint is told: those that fit all that is given."""

    kinds: tuple[Literal["Camera", "DsInstance", "Node", "Fleet"], ...] = Field(
        default=(), description="Kinds of objects; none for all."
    )
    reasons: tuple[str, ...] = Field(default=(), description="Reasons of events, such as CameraNotReady; none for all.")
    severities: tuple[Literal["Normal", "Warning"], ...] = Field(
        default=(), description="Types of events; none for all."
    )
    selector: Annotated[str, AfterValidator(_checked_selector)] = Field(
        default="", description="Of labels of the object, such as site=hq,floor!=2."
    )

    @cached_property
    def requirements(self) -> tuple[Requirement, ...]:
        """The terms of the selector."""
        return parse_selector(self.selector)

    def fits(self, one: Happening, labels: Mapping[str, str]) -> bool:
        """True when the endpoint is told an event.

        Args:
            one: the event.
            labels: of its object; none for an object that is not there.
        """
        return (
            _is_among(one.kind, self.kinds)
            and _is_among(one.reason, self.reasons)
            and _is_among(one.severity, self.severities)
            and all(term.holds(labels) for term in self.requirements)
        )


class WebhookEndpoint(ManifestModel):
    """One who is told."""

    name: ObjectName = Field(description="Its name in status, events and logs.")
    url: Annotated[str, AfterValidator(_checked_url)] = Field(description="Where messages are posted to.")
    form: Literal["cloudevents", "apprise"] = Field(
        default="cloudevents", description="CloudEvents 1.0 in JSON, or what the API of Apprise takes."
    )
    events: EventChoice = Field(default_factory=EventChoice, description="Which events it is told.")
    secret_file: Annotated[str, AfterValidator(_checked_secret_file)] | None = Field(
        default=None, min_length=1, description="File of the secret that signs, whsec_ and base64, one in each line."
    )
    token_file: str | None = Field(
        default=None, min_length=1, description="File of a token, which is sent as Authorization: Bearer."
    )
    ca_file: str | None = Field(
        default=None, min_length=1, description="Certificates (PEM) that are trusted instead of those of the machine."
    )
    gather_seconds: float = Field(
        default=5.0, ge=0.2, le=3600, description="Between two messages; what happens meanwhile is told together."
    )
    most_in_a_batch: int = Field(default=100, ge=1, le=1000, description="Events in one message.")
    timeout_seconds: float = Field(default=10.0, ge=0.5, le=60, description="Until an attempt counts as failed.")

    @property
    def target(self) -> Target:
        """Where its URL leads."""
        return target_of(self.url)


class WebhooksFile(ManifestModel):
    """What stands in the file."""

    endpoints: tuple[WebhookEndpoint, ...] = Field(default=(), max_length=MOST_ENDPOINTS, description="Who is told.")

    @model_validator(mode="after")
    def _require_names_of_their_own(self) -> "WebhooksFile":
        names = [one.name for one in self.endpoints]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise ValueError(f"endpoints: two are named {twice}: each needs a name of its own")
        return self


def parse_webhooks(path: Path, content: bytes) -> WebhooksFile:
    """Reads the file.

    Args:
        path: of it, for places.
        content: its bytes.

    Raises:
        BadWebhooks: everything that is wrong with it, each in a line with file, line and column.
    """
    text = text_of(str(path.parent), SourceFile(os.fsencode(path.name), content))
    if isinstance(text, Problem):
        raise BadWebhooks(str(text))
    documents = read_piece(text)
    if len(documents) > 1:
        places = [_problem(path, Fault(one.origin.start, (), "one document is expected")) for one in documents[1:]]
        raise BadWebhooks("\n".join(places))
    if not documents:
        return WebhooksFile()
    document = documents[0]
    if document.faults or not isinstance(document.value, dict):
        told = document.faults or (Fault(document.origin.start, (), "expected a mapping with endpoints"),)
        raise BadWebhooks("\n".join(_problem(path, one) for one in told))
    try:
        # Through JSON, as manifests: strictness there means what a file means.
        text = json.dumps(document.value)
        return WebhooksFile.model_validate_json(text, strict=True, by_alias=True, by_name=False)
    except ValidationError as invalid:
        faults = [_fault(document, error) for error in invalid.errors(include_url=False)]
    raise BadWebhooks("\n".join(_problem(path, one) for one in sorted(faults, key=lambda one: one.place)))


def _fault(document: YamlDocument, error: Any) -> Fault:
    path, places = tuple(error["loc"]), document.origin.places
    if error["type"] == "extra_forbidden":
        return Fault(places.of_key(path), path, unknown_field(WebhooksFile, path)[0])
    at = places.of_value(path[:-1] if error["type"] == "missing" else path)
    return Fault(at, path, sentence(error, WebhooksFile))


def _problem(path: Path, fault: Fault) -> str:
    line, column = fault.place
    # A URL that stands where none is expected is quoted, and may hold a secret as any other.
    field, message = (_URL_IN_WORDS.sub(r"\1://…", text) for text in (path_text(fault.path), fault.message))
    return str(Problem(Position(str(path), line + 1, column), field, message))


def _is_among(one: str, wanted: Collection[str]) -> bool:
    return not wanted or one in wanted
