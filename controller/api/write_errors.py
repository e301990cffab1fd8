"""Why a write was not made, as Kubernetes' clients read it."""

import errno
from typing import Any, Final

from controller.api.errors import ApiError, bad_request, not_allowed, not_found
from controller.api.patches.refused import MalformedPatch, PatchRefused
from controller.api.patches.server_side import FieldConflicts
from controller.api.resources import Resource
from controller.model import Problem
from controller.source.source_edit import NotWritable
from controller.writing.refusals import (
    AlreadyThere,
    NotNow,
    NotThere,
    Outdated,
    Parks,
    UnknownFields,
    Unsound,
)
from crds.annotations import APPROVE

REFUSALS: Final = (
    AlreadyThere, FieldConflicts, MalformedPatch, NotNow, NotThere, NotWritable, OSError, Outdated, Parks, PatchRefused,
    UnknownFields, Unsound,
)  # fmt: skip
_MOST_CAUSES: Final = 50
_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT})


def refusal(error: Exception, resource: Resource, name: str) -> ApiError:
    """The answer that says why.

    Args:
        error: one of `REFUSALS`.
        resource: of the request.
        name: of the object; empty for all of a kind.
    """
    match error:
        case NotThere(ref=ref):
            return not_found(resource.plural, resource.group, ref.name)
        case AlreadyThere(ref=ref):
            message = f'{resource.grouped(resource.plural)} "{ref.name}" already exists'
            return ApiError(409, "AlreadyExists", message, _details(resource, ref.name))
        case Outdated():
            return _conflict(str(error), resource, name)
        case Parks(plan=plan, revision_id=revision):
            cause = {"reason": "RemovalGuard", "message": plan, "field": f"metadata.annotations[{APPROVE}]"}
            text = f"{error.why}; annotate it with {APPROVE}={revision} to say yes. The plan:\n{plan}"
            found = _conflict(text, resource, name)
            found.details |= {"causes": [cause], "revision": revision}
            return found
        case FieldConflicts(causes=causes):
            return ApiError(409, "Conflict", str(error), {"causes": causes})
        case UnknownFields() | MalformedPatch():
            return bad_request(str(error))
        case Unsound(problems=problems):
            return _invalid(str(error), [_cause(one) for one in problems[:_MOST_CAUSES]], resource, name)
        case PatchRefused(field=field):
            cause = {"reason": "FieldValueInvalid", "message": str(error), "field": field}
            return _invalid(str(error), [cause], resource, name)
    return _unwritable(error, resource, name)


def _unwritable(error: Exception, resource: Resource, name: str) -> ApiError:
    if isinstance(error, NotWritable):
        return not_allowed(str(error), _details(resource, name))
    if isinstance(error, OSError) and error.errno in _FULL:
        message = "the disk of the manifests is full: nothing was written"
        return ApiError(507, "InsufficientStorage", message, _details(resource, name))
    said = error.strerror if isinstance(error, OSError) else None
    return _unavailable(f"the manifests cannot be written: {said}" if said else str(error))


def _details(resource: Resource, name: str) -> dict[str, Any]:
    return {"group": resource.group, "kind": resource.plural} | ({"name": name} if name else {})


def _conflict(message: str, resource: Resource, name: str) -> ApiError:
    of = f'{resource.grouped(resource.plural)} "{name}"'
    return ApiError(409, "Conflict", f"Operation cannot be fulfilled on {of}: {message}", _details(resource, name))


def _invalid(message: str, causes: list[dict[str, Any]], resource: Resource, name: str) -> ApiError:
    details = {"group": resource.group, "kind": resource.kind, "causes": causes} | ({"name": name} if name else {})
    of = f'{resource.grouped(resource.kind)} "{name}"' if name else resource.grouped(resource.plural)
    return ApiError(422, "Invalid", f"{of} is invalid: {message}", details)


def _cause(problem: Problem) -> dict[str, Any]:
    where = f"{problem.position}: " if problem.position.file else ""
    at = problem.position
    place = {"file": at.file, "line": at.line, "column": at.column} if at.file else {}
    return {"reason": "FieldValueInvalid", "message": f"{where}{problem.message}", "field": problem.path, **place}


def _unavailable(message: str) -> ApiError:
    # Without Retry-After: kubectl would try for half a minute before it says why.
    return ApiError(503, "ServiceUnavailable", message)
