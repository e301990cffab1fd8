"""What the endpoints work with, and who asks."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated, Final

from fastapi import Depends, HTTPException, Request
from fastapi.security import OAuth2PasswordBearer

from pages.session_cookie import SessionCookie
from tasks.service.image_files import ImageFiles
from tasks.service.intake import Intake
from tasks.service.known_models import KnownModels
from tasks.service.login_throttle import LoginThrottle
from tasks.service.task_store import TaskStore
from tasks.service.tokens import Tokens
from tasks.service.users import Users
from tasks.service.waiting import Helpers

SESSION_COOKIE: Final = SessionCookie("fleet-tasks-session")
"""By which a browser shows its token."""


@dataclass(frozen=True)
class ServiceParts:
    """The parts behind the endpoints; kept in the state of the application."""

    users: Users
    tokens: Tokens
    store: TaskStore
    models: KnownModels
    files: ImageFiles
    intake: Intake
    is_kafka_away: Callable[[], bool]
    max_image_bytes: int
    throttle: LoginThrottle = field(default_factory=LoginThrottle)
    now_s: Callable[[], float] = time.monotonic
    """What the throttle reads; monotonic seconds."""
    unix_s: Callable[[], float] = time.time
    """What tells whether workers are there."""

    def helpers(self) -> Helpers:
        """Returns who is there to answer tasks."""
        now_s = self.unix_s()
        return Helpers(self.models.workers_of_kinds(now_s), self.is_kafka_away(), now_s)


def _parts_of(request: Request) -> ServiceParts:
    parts: ServiceParts = request.app.state.parts
    return parts


Parts = Annotated[ServiceParts, Depends(_parts_of)]
"""The parameter by which an endpoint gets the parts."""


def _current_user(
    parts: Parts,
    request: Request,
    bearer: Annotated[str | None, Depends(OAuth2PasswordBearer("token", auto_error=False))],
) -> str:
    token = bearer or SESSION_COOKIE.found_in(request.scope["headers"])
    if token is None:
        raise HTTPException(401, "log in first: POST /token gives a token", {"WWW-Authenticate": "Bearer"})
    user = parts.tokens.user(token)
    if user is None:
        raise HTTPException(401, "the token is not or no longer good", {"WWW-Authenticate": "Bearer"})
    return user


CurrentUser = Annotated[str, Depends(_current_user)]
"""The parameter by which an endpoint gets the name of whoever asks; who has no good token does not come so far."""
