"""The endpoint that gives tokens."""

import logging
from typing import Annotated, Final

from fastapi import APIRouter, Form, HTTPException, Request, Response

from tasks.service.documents import ErrorDocument, TokenDocument
from tasks.service.service_parts import Parts
from tasks.service.users import MOST_PASSWORD_CHARACTERS

_LOG = logging.getLogger(__name__)

_MOST_NAME_CHARACTERS: Final = 100

router: Final = APIRouter()


@router.post(
    "/token",
    summary="A token for a user's name and password",
    responses={401: {"model": ErrorDocument}, 429: {"model": ErrorDocument}},
)
def create_token(
    parts: Parts,
    request: Request,
    response: Response,
    username: Annotated[str, Form(max_length=_MOST_NAME_CHARACTERS)],
    password: Annotated[str, Form(max_length=MOST_PASSWORD_CHARACTERS)],
) -> TokenDocument:
    """Answers as OAuth 2's password grant does (RFC 6749, section 4.3.2), without asking for ``grant_type``."""
    address = request.client.host if request.client else ""
    wait_s = parts.throttle.attempt(address, username, parts.now_s())
    if wait_s > 0:
        seconds = str(int(wait_s) + 1)
        raise HTTPException(429, f"too many wrong passwords; wait {seconds} s", {"Retry-After": seconds})
    credential = parts.users.check(username, password)
    if credential is None:
        # Not the name: people type their password into that field, too.
        _LOG.warning("a wrong name or password from %s", address)
        raise HTTPException(401, "wrong name or password", {"WWW-Authenticate": "Bearer"})
    parts.throttle.succeeded(address, username)
    response.headers["Cache-Control"] = "no-store"
    return TokenDocument(access_token=parts.tokens.give(username, credential), expires_in=int(parts.tokens.lifetime_s))
