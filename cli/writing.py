"""Changes of objects: how they are asked for, and what is said of each.

What was done goes to standard output, a line for each object as kubectl has it; what that does to instances and cameras
goes to standard error, below it.
"""

import functools
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPMessage
from typing import Any

import click

from cli.connection import JSON, Answer, Api, Refused
from cli.failure import printable
from cli.kinds import Kind, Target
from cli.listing import print_document
from cli.manifest_files import Given
from cli.plan_colours import PLAN_COLOURS
from cli.refused_writes import NotDone
from cli.server import Server

_TIMEOUT_SECONDS = 60.0
"""A controller writes one change after the other, and looks for 5 s whether each is in force."""

MERGE = "application/merge-patch+json"
JSON_PATCH = "application/json-patch+json"
STRATEGIC = "application/strategic-merge-patch+json"
APPLY = "application/apply-patch+yaml"

_NOTHING: Mapping[str, str] = {}
_NOBODY = "before-first-apply"
"""Who owns the fields of an object that was never applied, for the controller."""
SERVERS = ("uid", "resourceVersion", "generation", "creationTimestamp", "managedFields", "selfLink")
"""Of the metadata: what the controller gives."""
LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
"""What kubectl keeps for itself in an object."""
_WARNING = re.compile(r'\s*299 \S+ "((?:[^"\\]|\\.)*)"')


@dataclass(frozen=True)
class WriteOptions:
    """What the options of every command that changes something say."""

    dry_run: bool = False
    output: str | None = None
    """json, yaml, name, or None."""
    reason: str = ""
    approve: str = ""
    validate: str = "Strict"


def write_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options of every command that changes something, for one that takes `how: WriteOptions`."""

    @functools.wraps(command)
    def with_options(
        *, dry_run: str, output: str | None, reason: str, approve: str, validate: str, **others: Any
    ) -> Any:
        how = WriteOptions(dry_run == "server", output, reason, approve, validate.capitalize())
        return command(how=how, **others)

    options = [
        click.option(
            "--dry-run",
            type=click.Choice(["none", "server"]),
            default="none",
            help="server: the controller does everything but write.",
        ),
        click.option("-o", "--output", type=click.Choice(["name", "yaml", "json"]), help="What is printed of objects."),
        click.option("--reason", metavar="TEXT", default="", help="Why, for the commit."),
        click.option("--approve", metavar="REVISION", default="", help="Let the removals of this revision through."),
        click.option(
            "--validate",
            type=click.Choice(["strict", "warn", "ignore"]),
            default="strict",
            help="What becomes of unknown fields: refuse them, or leave them out.",
        ),
    ]
    return functools.reduce(lambda wrapped, option: option(wrapped), reversed(options), with_options)


class Writes:
    """Changes objects of one controller, and says what became of each."""

    def __init__(self, server: Server, how: WriteOptions, manager: str) -> None:
        """Takes what `writes` gives to the commands."""
        self.api = Api(server, _TIMEOUT_SECONDS)
        self.how = how
        self._query = {"fieldManager": manager, "fieldValidation": how.validate}
        self._query |= {"dryRun": "All"} if how.dry_run else {}
        self._query |= {name: value for name, value in (("reason", how.reason), ("approve", how.approve)) if value}
        self._shown: list[dict[str, Any]] = []
        self.has_failed = False

    def current(self, target: Target) -> dict[str, Any] | None:
        """An object as it is; None for one that is not there."""
        try:
            return self.api.get_object(target.kind.path_of(str(target.name)))
        except Refused as refused:
            if refused.status == 404:
                return None
            raise

    def create(self, kind: Kind, document: Mapping[str, Any]) -> Answer:
        """Makes an object."""
        return self._send("POST", kind.path, declared(document))

    def apply(self, given: Given, *, force: bool) -> Answer:
        """Has an object say all that is given. What nobody ever applied is everybody's.

        Args:
            given: the object.
            force: take fields from others who applied or changed them.
        """
        path, document = given.kind.path_of(given.name), declared(given.document)
        force_query = {"force": "true"}
        try:
            return self._send("PATCH", path, document, APPLY, force_query if force else {})
        except Refused as refused:
            causes = (refused.said.get("details") or {}).get("causes") or []
            conflicts = [one for one in causes if one.get("reason") == "FieldManagerConflict"]
            if not conflicts or any(f'"{_NOBODY}"' not in str(one.get("message")) for one in conflicts):
                raise
            return self._send("PATCH", path, document, APPLY, force_query)

    def patch(self, target: Target, patch: Any, content_type: str = MERGE) -> Answer:
        """Changes a part of an object."""
        return self._send("PATCH", target.kind.path_of(str(target.name)), patch, content_type)

    def patch_at(self, path: str, patch: Any, content_type: str = MERGE) -> Answer:
        """Changes what is served at a path: another form of an object, or a part of it."""
        return self._send("PATCH", path, patch, content_type)

    def delete(self, target: Target) -> Answer:
        """Takes an object away."""
        return self._send("DELETE", target.kind.path_of(str(target.name)))

    def delete_selected(self, kind: Kind, selector: str) -> Answer:
        """Takes all objects of a kind with some labels away, in one revision."""
        return self._send("DELETE", kind.path, query={"labelSelector": selector} if selector else {})

    def _send(
        self, method: str, path: str, body: Any = None, content_type: str = JSON, query: Mapping[str, str] = _NOTHING
    ) -> Answer:
        return self.api.send(method, path, {**self._query, **query}, body, content_type)

    @contextmanager
    def attempt(self, what: Target, place: Callable[[str], str] | None = None) -> Iterator[None]:
        """Says why an object was refused, and lets the others go on.

        Args:
            what: the object.
            place: where a field of it stands, for one of a file.
        """
        try:
            yield
        except Refused as refused:
            NotDone(what, refused, place).show()
            self.has_failed = True

    def say(self, target: Target | str, done: str, answer: Answer | None = None) -> None:
        """Says what became of an object, and what that does.

        Args:
            target: the object.
            done: in a word, such as `created`.
            answer: of the controller; None when it was not asked.
        """
        if self.how.output in ("json", "yaml"):
            if answer is not None:
                self._shown.append(answer.document)
        elif self.how.output == "name":
            click.echo(printable(str(target)))
        else:
            click.echo(printable(f"{target} {done}{' (server dry run)' if self.how.dry_run else ''}"))
        if answer is not None:
            tell_consequences(answer.headers)

    def show_documents(self) -> None:
        """Prints the objects, where that was asked for."""
        if self._shown:
            one = len(self._shown) == 1
            documents = {"apiVersion": "v1", "kind": "List", "metadata": {}, "items": self._shown}
            print_document(self._shown[0] if one else documents, str(self.how.output))


@contextmanager
def writes(server: Server, how: WriteOptions, manager: str) -> Iterator[Writes]:
    """Changes objects.

    Args:
        server: the controller.
        how: of the command line.
        manager: who changes fields, as server-side apply knows it.

    Raises:
        click.exceptions.Exit: something was refused, which was said.
    """
    made = Writes(server, how, manager)
    try:
        yield made
    finally:
        made.show_documents()
    if made.has_failed:
        raise click.exceptions.Exit(1)


def tell_consequences(headers: HTTPMessage) -> None:
    """What a change does to instances and cameras, and where it waits, on standard error."""
    for header in headers.get_all("Warning") or []:
        for text in _WARNING.findall(header):
            line = printable(re.sub(r"\\(.)", r"\1", text))
            click.secho(f"  {line}", fg=PLAN_COLOURS.get(line[:1]), err=True)
    if branch := headers.get("Fleet-Branch"):
        page = headers.get("Fleet-Pull-Request")
        where = f"; open a pull request: {page}" if page else ""
        click.echo(printable(f"  it waits on branch {branch}{where}"), err=True)


def declared(document: Mapping[str, Any]) -> dict[str, Any]:
    """What people say of an object, without what the controller adds: what `fleet get -o yaml` printed can be given back."""
    found = {name: value for name, value in document.items() if name != "status"}
    metadata = {name: value for name, value in (document.get("metadata") or {}).items() if name not in SERVERS}
    if isinstance(annotations := metadata.get("annotations"), dict) and LAST_APPLIED in annotations:
        metadata["annotations"] = {name: value for name, value in annotations.items() if name != LAST_APPLIED}
        if not metadata["annotations"]:
            del metadata["annotations"]
    return {**found, "metadata": metadata}


def is_same(before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    """True when two forms of an object say the same."""
    return _said(before) == _said(after)


def _said(document: Mapping[str, Any]) -> dict[str, Any]:
    found = declared(document)
    metadata = found["metadata"]
    return {**found, "metadata": {name: value for name, value in metadata.items() if value not in ({}, [], None)}}
