"""The endpoints at which a browser logs in and out, and asks who it is. It shows its token by a cookie that no script reads."""

from typing import Final

from fastapi import APIRouter, Request, Response

from pages.other_sites import came_by_https
from tasks.service.documents import Credentials, ErrorDocument, MeDocument
from tasks.service.service_parts import SESSION_COOKIE, CurrentUser, Parts
from tasks.service.token_path import token_for

_NOT_KEPT: Final = {"Cache-Control": "no-store"}

router: Final = APIRouter()


@router.post(
    "/login",
    summary="A cookie for a user's name and password",
    responses={401: {"model": ErrorDocument}, 429: {"model": ErrorDocument}},
)
def log_in(parts: Parts, request: Request, response: Response, credentials: Credentials) -> MeDocument:
    """Sets a cookie that counts as the token in the header does; for changes, from a page of this service alone."""
    token = token_for(parts, request, credentials.username, credentials.password)
    response.headers.update({**_NOT_KEPT, "Set-Cookie": SESSION_COOKIE.opened(token, secure=_by_https(request))})
    return MeDocument(user=credentials.username, max_image_bytes=parts.max_image_bytes)


@router.post("/logout", status_code=204, summary="The end of a cookie, and of its token")
def log_out(parts: Parts, request: Request, response: Response) -> None:
    """Anybody may; without a cookie nothing ends."""
    token = SESSION_COOKIE.found_in(request.scope["headers"])
    if token is not None:
        parts.tokens.end(token)
    response.headers["Set-Cookie"] = SESSION_COOKIE.closed(secure=_by_https(request))


@router.get("/me", summary="Who asks", responses={401: {"model": ErrorDocument}})
def read_me(parts: Parts, user: CurrentUser, response: Response) -> MeDocument:
    """Returns the user, and how large a picture may be."""
    response.headers.update(_NOT_KEPT)
    return MeDocument(user=user, max_image_bytes=parts.max_image_bytes)


def _by_https(request: Request) -> bool:
    return came_by_https(request.scope["scheme"], request.headers.get("origin", ""))
