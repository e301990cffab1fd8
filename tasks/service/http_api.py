"""The HTTP interface as a whole; ``/openapi.json`` describes it."""

import logging
from pathlib import Path
from typing import Any, Final

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from tasks.service import session_paths, task_paths, token_path
from tasks.service.cross_site import NoOtherSites
from tasks.service.database import reason_without_secrets
from tasks.service.documents import HealthDocument
from tasks.service.page_paths import FOLDER, PagePaths
from tasks.service.service_parts import Parts, ServiceParts
from tasks.service.upload_limit import UploadLimit

_LOG = logging.getLogger(__name__)

_health: Final = APIRouter()


def create_app(parts: ServiceParts, page: Path = FOLDER) -> FastAPI:
    """Returns the interface as an ASGI application.

    Args:
        parts: Behind the endpoints.
        page: The folder of what browsers load.
    """
    # The generated pages would load scripts from elsewhere; the description itself is served.
    app = FastAPI(title="fleet detection tasks", docs_url=None, redoc_url=None, redirect_slashes=False)
    app.state.parts = parts
    app.add_exception_handler(RequestValidationError, _on_invalid)
    for away in (OperationalError, InterfaceError, PoolTimeoutError):
        app.add_exception_handler(away, _on_database_away)
    app.add_exception_handler(Exception, _on_bug)
    app.add_middleware(UploadLimit, max_image_bytes=parts.max_image_bytes)
    app.add_middleware(NoOtherSites)
    for router in (token_path.router, session_paths.router, task_paths.router, _health, PagePaths(page).router):
        app.include_router(router)
    return app


@_health.get("/healthz", summary="Whether what is behind the service answers")
def read_health(parts: Parts) -> HealthDocument:
    """Answers 503 when the database is away, because nothing works then; without Kafka or workers, tasks are still accepted."""
    return HealthDocument.of(parts.helpers(), parts.store.unanswered_steps())


async def _on_invalid(_request: Request, error: Exception) -> Response:
    """One sentence, and not what was sent: that may have been a password."""
    first: dict[str, Any] = error.errors()[0] if isinstance(error, RequestValidationError) else {}
    place = " ".join(str(part) for part in first.get("loc", ()))
    return JSONResponse({"detail": f"{place}: {first.get('msg', 'not understood')}"}, 422)


async def _on_database_away(_request: Request, error: Exception) -> Response:
    _LOG.warning("the database does not answer: %s", reason_without_secrets(error))
    return JSONResponse({"detail": "the database does not answer; try later"}, 503, {"Retry-After": "5"})


async def _on_bug(_request: Request, _error: Exception) -> Response:
    return JSONResponse({"detail": "the service failed at this request"}, 500)
