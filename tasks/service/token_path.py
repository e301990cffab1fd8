"""The endpoint that gives tokens."""

import logging
from typing import Annotated, Final

from fastapi import APIRouter, Form, HTTPException, Request, Response

from tasks.service.documents import ErrorDocument, TokenDocument
from tasks.service.service_parts import Parts, ServiceParts
from tasks.service.users import MOST_PASSWORD_CHARACTERS, MOST_USER_NAME_CHARACTERS

_LOG = logging.getLogger(__name__)

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
    username: Annotated[str, Form(max_length=MOST_USER_NAME_CHARACTERS)],
    password: Annotated[str, Form(max_length=MOST_PASSWORD_CHARACTERS)],
) -> TokenDocument:
    """Answers as OAuth 2's password grant does (RFC 6749, section 4.3.2), without asking for ``grant_type``."""
    response.headers["Cache-Control"] = "no-store"
    return TokenDocument(
        access_token=token_for(parts, request, username, password), expires_in=int(parts.tokens.lifetime_s)
    )


def token_for(parts: ServiceParts, request: Request, username: str, password: str) -> str:
    """Returns a new token for who knows the user's password.

    Raises:
        HTTPException: If that is not the password, or too many were tried.
    """
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
    return parts.tokens.give(username, credential)
