"""The Table form of objects: what `kubectl get` asks for, with rows made here."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from weakref import WeakKeyDictionary

from controller.api.accepting import accepted_json
from controller.api.columns import age, value_at
from controller.api.errors import ApiError, bad_request
from controller.api.resources import Resource
from controller.picture.store import Stored

TABLE_END = b"]}"
MOST_ROWS: Final = 20_000
"""That are remembered, of a kilobyte each."""
_NO_TIME = datetime.min.replace(tzinfo=UTC)
_TABLE_VERSIONS = ("v1", "v1beta1")
_INCLUDE = ("None", "Metadata", "Object")


@dataclass(frozen=True)
class TableForm:
    """How a client wants its table."""

    version: str
    include: str
    """`None`, `Metadata` or `Object`: what comes with each row."""

    def head(self, resource: Resource, version: str, *, with_columns: bool = True) -> bytes:
        """The JSON of a Table up to its rows, which commas part and `TABLE_END` ends.

        Args:
            resource: what the rows are of.
            version: the resource version of the whole.
            with_columns: False for the later events of a watch, which need no definitions again.
        """
        columns = [column.definition() for column in resource.columns] if with_columns else None
        return (
            f'{{"kind":"Table","apiVersion":"meta.k8s.io/{self.version}","metadata":{{"resourceVersion":"{version}"}},'
            f'"columnDefinitions":{_json(columns)},"rows":['
        ).encode()


@dataclass(frozen=True)
class _Row:
    """What of a row stays while its object is of one version."""

    stretches: tuple[bytes, ...]
    """The JSON of the cells before, between and after the ages; empty where there are none."""
    times: tuple[str | None, ...]
    """What these are counted from."""
    metadata: bytes

    def encoded(self, stored: Stored, form: TableForm, now: datetime) -> bytes:
        cells = [self.stretches[0]]
        for written, stretch in zip(self.times, self.stretches[1:], strict=True):
            cells += (b'"' + age(written, now).encode() + b'"', stretch)
        joined = b",".join(filter(None, cells))
        return b'{"cells":[' + joined + b'],"object":' + self._object(stored, form) + b"}"

    def _object(self, stored: Stored, form: TableForm) -> bytes:
        if form.include == "Object":
            return stored.encoded
        if form.include == "None":
            return b"null"
        head = f'{{"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/{form.version}","metadata":'
        return head.encode() + self.metadata + b"}"


class Rows:
    """The rows of tables. What stays of them is made once for each version of an object, and lives as long as that does.

    So many are remembered and no more: of a longer table the others are made again each time.
    """

    def __init__(self, most: int = MOST_ROWS) -> None:
        self._most = most
        self._made: WeakKeyDictionary[Stored, _Row] = WeakKeyDictionary()

    def __len__(self) -> int:
        """Of how many versions of objects something is remembered."""
        return len(self._made)

    def encoded(self, resource: Resource, stored: Stored, form: TableForm, now: datetime) -> bytes:
        """The JSON of a row.

        Args:
            resource: that the object is of.
            stored: the object.
            form: of the table.
            now: the time that ages are counted to.
        """
        row = self._made.get(stored)
        if row is None:
            row = _row(resource, stored.document)
            if len(self._made) < self._most:
                self._made[stored] = row
        return row.encoded(stored, form, now)


def _row(resource: Resource, document: Mapping[str, Any]) -> _Row:
    cells: list[list[str | int]] = [[]]
    times = []
    for column in resource.columns:
        if column.since:
            times.append(value_at(document, *column.since))
            cells.append([])
        else:
            cells[-1].append(column.cell(document, _NO_TIME))
    # Without its brackets, a list is a stretch of a longer one.
    stretches = tuple(_json(some)[1:-1].encode() for some in cells)
    return _Row(stretches, tuple(times), _json(document["metadata"]).encode())


def _json(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))


def wanted_form(accept: str, include_object: str) -> TableForm | None:
    """What a client accepts first of the forms that are served: a Table, or None for plain JSON.

    Raises:
        ApiError: NotAcceptable, when the client accepts neither; BadRequest for an unknown `includeObject`.
    """
    if include_object and include_object not in _INCLUDE:
        raise bad_request(f"includeObject is {include_object!r}, expected one of {', '.join(_INCLUDE)}")
    for given in accepted_json(accept):
        if "as" not in given:
            return None
        if given["as"] == "Table" and given.get("g") == "meta.k8s.io" and given.get("v") in _TABLE_VERSIONS:
            return TableForm(given["v"], include_object or "Metadata")
    raise ApiError(406, "NotAcceptable", "only application/json is served, plain or as=Table;g=meta.k8s.io;v=v1")
