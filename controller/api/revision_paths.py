"""The paths of revisions: what waits for approval, what was before, and going back to that."""

from typing import Any, Final, Protocol

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from controller.access.roles import Verb
from controller.api.bodies import json_body
from controller.api.caller import caller_of
from controller.api.errors import ApiError, bad_request, manifests_only, success
from controller.api.previews import FORM, wants_preview
from controller.api.query import number
from controller.api.resources import Resource
from controller.api.routing import Router
from controller.api.write_errors import REFUSALS, refusal
from controller.api.write_paths import Writes, answer_of, is_dry
from controller.source.revisions import RevisionsAway, short_id
from controller.writing.refusals import NoSuchRevision, Parks
from controller.writing.request import Restored, WriteRequest
from crds.document import API_GROUP

REVISIONS: Final = Resource(API_GROUP, "Revision", "revisions", "revision")
"""As refusals name them; they are no objects."""
_AT_ONCE: Final = 50
_MOST_AT_ONCE: Final = 500
_LONGEST_REASON: Final = 1024


class Past(Protocol):
    """Who tells of revisions: see `controller.writing.revision_answers.RevisionAnswers`."""

    async def listed(self, before: str, most: int) -> dict[str, Any]:
        """The newest of them, before one or of all."""
        ...

    async def one(self, revision_id: str) -> dict[str, Any]:
        """One of them, with what it changed."""
        ...

    async def restored(self, revision_id: str) -> Restored:
        """What is asked for, to go back to one."""
        ...

    async def plan(self) -> dict[str, Any]:
        """What waits, and what is wrong with what is not in force."""
        ...


class NothingPast:
    """Nothing is remembered."""

    async def listed(self, before: str, most: int) -> dict[str, Any]:  # noqa: ARG002 - see `Past`
        """None."""
        return {"revisions": [], "next": None}

    async def one(self, revision_id: str) -> dict[str, Any]:
        """There is none."""
        raise NoSuchRevision(revision_id)

    async def restored(self, revision_id: str) -> Restored:
        """There is none."""
        raise NoSuchRevision(revision_id)

    async def plan(self) -> dict[str, Any]:
        """Nothing waits."""
        return {"pending": None, "problems": []}


class RevisionPaths:
    """Answers requests about revisions; whoever comes so far sees the whole fleet."""

    def __init__(self, past: Past, writes: Writes | None) -> None:
        self._past = past
        self._writes = writes
        self.router = Router("/fleet/v1")
        for path, endpoint, method in (
            ("/plan", self._plan, "GET"),
            ("/revisions", self._list, "GET"),
            ("/revisions/{revision}", self._one, "GET"),
            ("/revisions/{revision}/restore", self._restore, "POST"),
        ):
            self.router.add(path, endpoint, method)

    async def _plan(self) -> Response:
        try:
            return JSONResponse(await self._past.plan())
        except RevisionsAway as error:
            raise _away(error) from None

    async def _list(self, request: Request) -> Response:
        most = number(request, "limit") or _AT_ONCE
        try:
            return JSONResponse(
                await self._past.listed(request.query_params.get("before", ""), min(most, _MOST_AT_ONCE))
            )
        except RevisionsAway as error:
            raise _away(error) from None

    async def _one(self, revision: str) -> Response:
        try:
            return JSONResponse(await self._past.one(revision))
        except NoSuchRevision as error:
            raise _not_found(error, revision) from None
        except RevisionsAway as error:
            raise _away(error) from None

    async def _restore(self, request: Request, revision: str) -> Response:
        """All manifests as they were: it may make, change and take away anything, so an admin of the whole fleet asks for it."""
        body, query, caller = await json_body(request), request.query_params, caller_of(request)
        if unknown := body.keys() - {"reason", "approve"}:
            raise bad_request(f"the body may hold reason and approve, and holds {', '.join(sorted(unknown))}")
        reason, approve = (_text(body, query.get(name, ""), name) for name in ("reason", "approve"))
        if approve:
            caller.require(Verb.APPROVE)
        caller.is_dry = dry_run = is_dry(query.getlist("dryRun"))
        only_looks = wants_preview(request.headers.get("accept", ""))
        if only_looks and not dry_run:
            raise bad_request(f"{FORM} is the answer to dryRun=All: nothing was written")
        if self._writes is None:
            raise manifests_only(str(request.scope["path"]))
        try:
            changes = await self._past.restored(revision)
            done = await self._writes.write(
                WriteRequest(
                    "restore",
                    changes,
                    author=caller.identity.name or "anonymous",
                    reason=reason,
                    approve=approve,
                    dry_run=dry_run,
                    only_looks=only_looks,
                )
            )
        except NoSuchRevision as error:
            raise _not_found(error, revision) from None
        except RevisionsAway as error:
            raise _away(error) from None
        except Parks as error:
            raise _parked(error, changes) from None
        except REFUSALS as error:
            raise refusal(error, REVISIONS, revision) from None
        if done.revision_id:
            caller.made(done.revision_id, f"Revision/{changes.revision_id}")
        return answer_of(success(_said(changes, done.revision_id, is_so=not done.plan)), done, 200)


def _said(changes: Restored, made: str, *, is_so: bool) -> str:
    name = short_id(changes.revision_id)
    if is_so:
        return f"the manifests are those of {name} already"
    if made == changes.revision_id:  # of a directory, which is named by what it holds
        return f"the manifests are those of {name} again"
    return (
        f"the manifests are those of {name} again, as revision {short_id(made)}"
        if made
        else f"the manifests would be those of {name}"
    )


def _parked(error: Parks, changes: Restored) -> ApiError:
    text = f"{error.why}; restore it with approve={error.revision_id} to say yes. The plan:\n{error.plan}"
    cause = {"reason": "RemovalGuard", "message": error.plan, "field": "approve"}
    details = {"name": changes.revision_id, "kind": REVISIONS.plural, "causes": [cause], "revision": error.revision_id}
    return ApiError(409, "Conflict", text, details)


def _not_found(error: NoSuchRevision, revision: str) -> ApiError:
    return ApiError(404, "NotFound", str(error), {"name": revision[:80], "kind": REVISIONS.plural})


def _away(error: RevisionsAway) -> ApiError:
    return ApiError(503, "ServiceUnavailable", str(error))


def _text(body: dict[str, Any], given: str, name: str) -> str:
    value = body.get(name, given)
    if not isinstance(value, str) or len(value) > _LONGEST_REASON:
        raise bad_request(f"{name} must be a text of at most {_LONGEST_REASON} characters")
    return value
