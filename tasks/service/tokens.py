"""Bearer tokens: random, kept as hashes, and void when their time or their user's password is."""

import hashlib
import secrets
import time
from typing import Final

from sqlalchemy import Engine, delete, insert, select

from tasks.service.tables import Token
from tasks.service.users import Users

TOKEN_LIFETIME_S: Final = 12 * 3600
_TOKEN_BYTES: Final = 32


class Tokens:
    """Gives tokens out and knows them again. Methods raise ``SQLAlchemyError`` when the database is away."""

    def __init__(self, engine: Engine, users: Users, lifetime_s: float = TOKEN_LIFETIME_S) -> None:
        """Works on an open database.

        Args:
            engine: Of the database.
            users: Who there is.
            lifetime_s: So long a token is good.
        """
        self._engine, self._users, self.lifetime_s = engine, users, lifetime_s

    def give(self, user: str, credential: str) -> str:
        """Returns a new token for the user; those that have expired are forgotten meanwhile.

        Args:
            user: Who proved to be who they are.
            credential: As ``Users.check`` returned it.
        """
        token = secrets.token_urlsafe(_TOKEN_BYTES)
        now_s = time.time()
        with self._engine.begin() as connection:
            connection.execute(delete(Token).where(Token.expires_s < now_s))
            connection.execute(
                insert(Token).values(
                    digest=_digest(token), owner=user, credential=credential, expires_s=now_s + self.lifetime_s
                )
            )
        return token

    def user(self, token: str) -> str | None:
        """Returns whose token it is; None if it is none, or no longer good."""
        # Looked up by its hash: what a guess shares with a token says nothing about what it shares with the hash.
        query = select(Token.owner, Token.credential, Token.expires_s).where(Token.digest == _digest(token))
        with self._engine.connect() as connection:
            row = connection.execute(query).one_or_none()
        if row is None or row.expires_s < time.time() or self._users.credential(row.owner) != row.credential:
            return None
        owner: str = row.owner
        return owner

    def end(self, token: str) -> None:
        """The token is good no longer; that it is none is as good."""
        with self._engine.begin() as connection:
            connection.execute(delete(Token).where(Token.digest == _digest(token)))


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).hexdigest()
