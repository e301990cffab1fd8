"""Placeholders stand for secrets, and what replaces them breaks no file that it is written into."""

import json
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crds.secret import Secret, fill, secrets_named_in, userinfo_placeholder

TEXT = st.text(st.characters(codec="utf-8"), max_size=30)


def test_placeholders_are_found() -> None:
    text = f"a {userinfo_placeholder('lobby')} b {userinfo_placeholder('door.1')} c {userinfo_placeholder('lobby')}"
    assert secrets_named_in(text) == ("door.1", "lobby")
    assert secrets_named_in("${secret:UPPER:userinfo} ${secret:a:other} $secret") == ()


@given(TEXT, TEXT)
def test_a_filled_url_holds_the_secret_and_stays_one(username: str, password: str) -> None:
    url = fill(f"rtsp://{userinfo_placeholder('a')}h:554/1", {"a": Secret(username, password)})
    parts = urlsplit(url)
    assert parts.hostname == "h"
    assert unquote(parts.username or "") == username
    assert unquote(parts.password or "") == password
    assert json.loads(f'"{url}"') == url
    assert not set(url) & set(";,\n\r\"'\\ ")


def test_a_secret_that_is_not_there_is_named() -> None:
    with pytest.raises(KeyError, match="gone"):
        fill(userinfo_placeholder("gone"), {})


def test_a_secret_does_not_show_itself() -> None:
    assert "hunter2" not in repr(Secret("admin", "hunter2"))
    assert "hunter2" not in str(Secret("admin", "hunter2"))
