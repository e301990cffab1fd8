"""The cookie by which a browser shows the controller a token."""

from typing import Final

from pages.session_cookie import SessionCookie

SESSION_COOKIE: Final = SessionCookie("fleet-session")
