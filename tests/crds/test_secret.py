"""Placeholders stand for secrets, and what replaces them breaks no file that it is written into."""

import json
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from crds.secret import (
    Secret,
    UnusableSecretError,
    fill,
    fill_address,
    has_broken_placeholder,
    is_password_placeholder,
    password_placeholder,
    secrets_named_in,
    userinfo_placeholder,
)
from deepstream import keyfile
from deepstream.keyfile_values import Reader, read
from deepstream.message_broker import proto_settings

TEXT = st.text(st.characters(codec="utf-8"), max_size=30)
FIT_FOR_KEY_FILES = st.text(
    st.characters(codec="utf-8", min_codepoint=0x20, include_characters="\t", exclude_characters=';"'), max_size=30
)


def test_placeholders_are_found() -> None:
    text = f"a {userinfo_placeholder('lobby')} b {userinfo_placeholder('door.1')} c {userinfo_placeholder('lobby')}"
    assert secrets_named_in(text) == ("door.1", "lobby")
    assert secrets_named_in("${secret:UPPER:userinfo} ${secret:a:other} $secret") == ()


@given(TEXT, TEXT)
def test_a_filled_url_holds_the_secret_and_stays_one(username: str, password: str) -> None:
    assume(username or password)
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


@given(FIT_FOR_KEY_FILES)
def test_a_filled_password_is_read_back_from_a_key_file(password: str) -> None:
    placeholder = password_placeholder("kafka")
    text = f'[message-broker]\npassword={placeholder}\nproto-cfg="sasl.username=u;sasl.password={placeholder};x=1"\n'
    group = keyfile.parse(fill(text, {"kafka": Secret("nobody", password)})).group("message-broker")
    assert group is not None
    assert read(Reader.STRING, group.get("password") or "") == password
    proto = read(Reader.STRING, group.get("proto-cfg") or "")
    assert isinstance(proto, str)
    assert proto_settings(proto) == (("sasl.username", "u"), ("sasl.password", password), ("x", "1"))


@pytest.mark.parametrize("character", ["\n", "\r", "\0", "\f", ";", '"'])
def test_a_password_that_would_end_its_value_is_refused_without_being_shown(character: str) -> None:
    with pytest.raises(UnusableSecretError) as refused:
        fill(password_placeholder("kafka"), {"kafka": Secret("u", f"hunter2{character}x")})
    assert refused.value.secret_name == "kafka"
    assert "the password of secret 'kafka' holds" in str(refused.value)
    assert "hunter2" not in str(refused.value)
    # In an address it is percent-encoded, and harms nothing.
    assert fill(userinfo_placeholder("kafka"), {"kafka": Secret("u", f"x{character}")}).startswith("u:x%")


def test_placeholders_for_passwords_are_told_from_others() -> None:
    placeholder = password_placeholder("kafka.eu-1")
    assert placeholder == "${secret:kafka.eu-1:password}"
    assert secrets_named_in(f"x{placeholder}") == ("kafka.eu-1",)
    assert is_password_placeholder(placeholder)
    assert not is_password_placeholder(f"{placeholder}x")
    assert not is_password_placeholder(userinfo_placeholder("kafka"))
    assert not has_broken_placeholder(f"{placeholder} ${{other}} {userinfo_placeholder('a')}")
    for broken in ("${secret:kafka}", "${secret:Kafka:password}", "${secret:kafka:pasword}", "${secret:"):
        assert has_broken_placeholder(f"a {broken}")


@pytest.mark.parametrize(
    ("without_password", "secret", "url"),
    [
        (False, Secret("admin", ""), "rtsp://admin:@h/1"),
        (True, Secret("admin", None), "rtsp://admin@h/1"),
        (True, Secret("admin", "unused"), "rtsp://admin@h/1"),
        (False, Secret("", "word"), "rtsp://:word@h/1"),
    ],
)
def test_what_is_empty_is_written_as_it_is(without_password: bool, secret: Secret, url: str) -> None:
    placeholder = userinfo_placeholder("a", without_password=without_password)
    assert fill(f"rtsp://{placeholder}h/1", {"a": secret}) == url


@pytest.mark.parametrize(
    ("without_password", "secret", "is_missing"),
    [(False, Secret("admin", None), True), (False, Secret("", ""), False), (True, Secret("", None), False)],
)
def test_half_a_login_is_none(without_password: bool, secret: Secret, is_missing: bool) -> None:
    with pytest.raises(UnusableSecretError) as refused:
        fill(userinfo_placeholder("a", without_password=without_password), {"a": secret})
    assert (refused.value.secret_name, refused.value.is_missing) == ("a", is_missing)


@given(st.text(st.characters(codec="utf-8"), min_size=1, max_size=30))
def test_a_password_among_the_parameters_of_an_address_breaks_no_file(password: str) -> None:
    address = fill_address(f"rtsp://h/?password={password_placeholder('a')}&channel=1", {"a": Secret("u", password)})
    assert json.loads(f'"{address}"') == address
    assert not set(address) & set('\\";, \t\r\n')
    assert address.isascii()
