"""The Table form of objects: what `kubectl get` asks for, with rows made here."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from controller.api.errors import ApiError, bad_request
from controller.api.resources import Resource

_TABLE_VERSIONS = ("v1", "v1beta1")
_INCLUDE = ("None", "Metadata", "Object")


@dataclass(frozen=True)
class TableForm:
    """How a client wants its table."""

    version: str
    include: str
    """`None`, `Metadata` or `Object`: what comes with each row."""

    def table(
        self,
        resource: Resource,
        documents: Iterable[Mapping[str, Any]],
        *,
        version: str,
        now: datetime,
        with_columns: bool = True,
    ) -> dict[str, Any]:
        """The Table.

        Args:
            resource: what the rows are of.
            documents: one for each row.
            version: the resource version of the whole.
            now: the time that ages are counted to.
            with_columns: False for the later events of a watch, which need no definitions again.
        """
        return {
            "kind": "Table",
            "apiVersion": f"meta.k8s.io/{self.version}",
            "metadata": {"resourceVersion": version},
            "columnDefinitions": [column.definition() for column in resource.columns] if with_columns else None,
            "rows": [
                {"cells": [column.cell(one, now) for column in resource.columns], "object": self._object(one)}
                for one in documents
            ],
        }

    def _object(self, document: Mapping[str, Any]) -> Mapping[str, Any] | None:
        if self.include == "Object":
            return document
        if self.include == "None":
            return None
        return {
            "kind": "PartialObjectMetadata",
            "apiVersion": f"meta.k8s.io/{self.version}",
            "metadata": document["metadata"],
        }


def wanted_form(accept: str, include_object: str) -> TableForm | None:
    """What a client accepts first of the forms that are served: a Table, or None for plain JSON.

    Raises:
        ApiError: NotAcceptable, when the client accepts neither; BadRequest for an unknown `includeObject`.
    """
    if include_object and include_object not in _INCLUDE:
        raise bad_request(f"includeObject is {include_object!r}, expected one of {', '.join(_INCLUDE)}")
    for clause in (accept or "*/*").split(","):
        media_type, *parameters = (part.strip() for part in clause.split(";"))
        if media_type not in ("application/json", "application/*", "*/*"):
            continue
        given = dict(parameter.partition("=")[::2] for parameter in parameters)
        if "as" not in given:
            return None
        if given["as"] == "Table" and given.get("g") == "meta.k8s.io" and given.get("v") in _TABLE_VERSIONS:
            return TableForm(given["v"], include_object or "Metadata")
    raise ApiError(406, "NotAcceptable", "only application/json is served, plain or as=Table;g=meta.k8s.io;v=v1")
