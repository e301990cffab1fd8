"""The endpoints for tasks and models. Each user sees their own tasks, and of others not even that they exist."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, HTTPException, Path, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import FileResponse
from starlette.datastructures import UploadFile

from tasks.service.documents import ErrorDocument, ModelDocument, ResultDocument, TaskDocument, TaskPage
from tasks.service.service_parts import CurrentUser, Parts, ServiceParts
from tasks.service.steps import UNANSWERED, AskedKind, TaskStatus
from tasks.service.tables import Task
from tasks.service.task_store import LARGEST_ID
from tasks.wire import MOST_NAME_CHARACTERS

LARGEST_PAGE: Final = 200
_USUAL_PAGE: Final = 50
_MOST_FIELD_BYTES: Final = 100
# PostgreSQL takes no zero character, not even to look for it.
_STORABLE: Final = r"^[^\x00]+$"

_PICTURE: Final = {"type": "string", "format": "binary", "description": "A JPEG or PNG picture."}
_KIND: Final = {"type": "string", "enum": [str(kind) for kind in AskedKind], "default": str(AskedKind.DETECTION)}
_FORM: Final = {"type": "object", "required": ["image"], "properties": {"image": _PICTURE, "kind": _KIND}}
_CREATE_BODY: Final[dict[str, Any]] = {
    "requestBody": {"required": True, "content": {"multipart/form-data": {"schema": _FORM}}}
}

_TaskId = Annotated[int, Path(ge=0, le=LARGEST_ID)]

router: Final = APIRouter(responses={401: {"model": ErrorDocument}})
_NOT_FOUND: Final[dict[int | str, dict[str, Any]]] = {404: {"model": ErrorDocument}}


@router.post(
    "/tasks",
    status_code=201,
    summary="A new task: a picture, and what is asked of it",
    openapi_extra=_CREATE_BODY,
    responses={status: {"model": ErrorDocument} for status in (413, 415, 422, 429, 503, 507)},
)
async def create_task(parts: Parts, user: CurrentUser, request: Request, response: Response) -> TaskDocument:
    """Stores the picture and returns; the task is sent to the workers then, also if Kafka is away at the moment."""
    # Read here and not by FastAPI, which would take the upload of a stranger before it asks for the token.
    async with request.form(max_files=1, max_fields=1, max_part_size=_MOST_FIELD_BYTES) as form:
        kind, upload = _kind(form.get("kind", AskedKind.DETECTION)), form.get("image")
        if not isinstance(upload, UploadFile):
            raise HTTPException(422, "the form needs a file named image")
        # Asked for before: when the task is stored, nothing may fail any more, or it would be sent once more.
        helpers = await run_in_threadpool(parts.helpers)
        task = await run_in_threadpool(parts.intake.accept, user, kind, upload.file)
    response.headers["Location"] = f"/tasks/{task.id}"
    return TaskDocument.of(task, helpers)


@router.get("/tasks", summary="Your tasks, the newest first")
def list_tasks(
    parts: Parts,
    user: CurrentUser,
    status: TaskStatus | None = None,
    before: Annotated[int | None, Query(ge=0, le=LARGEST_ID)] = None,
    limit: Annotated[int, Query(ge=1, le=LARGEST_PAGE)] = _USUAL_PAGE,
    model: Annotated[str | None, Query(min_length=1, max_length=MOST_NAME_CHARACTERS, pattern=_STORABLE)] = None,
) -> TaskPage:
    """Returns a page; tasks that come meanwhile do not shift the pages behind it."""
    found = parts.store.newest(user, status, before, limit + 1, model)
    helpers = parts.helpers()
    page = [TaskDocument.of(task, helpers) for task in found[:limit]]
    return TaskPage(tasks=page, next_before=page[-1].id if len(found) > limit else None)


@router.get("/tasks/{task_id}", summary="Where a task stands", responses=_NOT_FOUND)
def read_task(parts: Parts, user: CurrentUser, task_id: _TaskId) -> TaskDocument:
    """Returns the task without its picture and result."""
    return TaskDocument.of(_task(parts, user, task_id), parts.helpers())


@router.get(
    "/tasks/{task_id}/input", summary="The picture of a task", response_class=FileResponse, responses=_NOT_FOUND
)
def read_input(parts: Parts, user: CurrentUser, task_id: _TaskId) -> FileResponse:
    """Returns the picture as it was uploaded."""
    task = _task(parts, user, task_id)
    file = parts.files.path(task.image)
    if not file.is_file():
        raise HTTPException(404, f"the picture of task {task_id} is gone")
    # What the file is, was found in it; a browser must not think otherwise.
    headers = {
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "private",
        "Cross-Origin-Resource-Policy": "same-origin",
    }
    name = f"task-{task_id}.{task.content_type.removeprefix('image/')}"
    return FileResponse(file, media_type=task.content_type, filename=name, headers=headers)


@router.get(
    "/tasks/{task_id}/result",
    summary="The answer to a task; 202 as long as there is none",
    responses={202: {"model": ResultDocument}, **_NOT_FOUND},
)
def read_result(parts: Parts, user: CurrentUser, task_id: _TaskId, response: Response) -> ResultDocument:
    """Returns the answer, or why there is none; of both, what is there already comes with a 202."""
    task = _task(parts, user, task_id, with_result=True)
    if task.status in UNANSWERED:
        response.status_code = 202
        response.headers["Retry-After"] = "1"
    return ResultDocument.of(task)


@router.delete("/tasks/{task_id}", status_code=204, summary="Removes a task", responses=_NOT_FOUND)
def delete_task(parts: Parts, user: CurrentUser, task_id: _TaskId) -> None:
    """Removes the task, its picture and its result; an answer that comes later is ignored."""
    image = parts.store.remove(user, task_id)
    if image is None:
        raise _no_task(task_id)
    parts.files.remove(image)


@router.get("/models", summary="The models that workers run")
def list_models(parts: Parts, _user: CurrentUser) -> list[ModelDocument]:
    """Returns what workers told of the models that they run, with the names of the classes, and which of them are there."""
    living = parts.models.living_workers(parts.unix_s())
    return [ModelDocument.of(model, living) for model in parts.models.models()]


def _task(parts: ServiceParts, user: str, task_id: int, *, with_result: bool = False) -> Task:
    task = parts.store.get(user, task_id, with_result=with_result)
    if task is None:
        raise _no_task(task_id)
    return task


def _no_task(task_id: int) -> HTTPException:
    return HTTPException(404, f"you have no task {task_id}")


def _kind(value: object) -> AskedKind:
    for kind in AskedKind:
        if value == kind:
            return kind
    raise HTTPException(422, f"kind must be {', '.join(list(AskedKind)[:-1])} or {list(AskedKind)[-1]}")
