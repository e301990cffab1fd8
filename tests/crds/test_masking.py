"""Of a secret in a text nothing is left, not even a part."""

import json
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crds.masking import masked, secret_words
from crds.secret import Secret

# What stands in an address without an end of it; marked at both ends, so that each half is told from the other.
RAW = st.text("aZ3!$%()*+,-.:;<>@[]^_`{|}~#?'\"\\/", max_size=12).map(lambda text: f"Qz7{text}x9Q")
ANY = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=12).map(lambda text: f"Qz7{text}x9Q")
NAMES = (
    "password", "passwd", "pwd", "pass", "psw", "passphrase", "passcode", "loginpas", "authbasic", "auth", "token", "api_key", "secret",
)  # fmt: skip


def assert_nothing_is_left(text: str) -> None:
    assert "Qz7" not in text
    assert "x9Q" not in text


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "form", ["rtsp://h/live?{}={}", "cannot open rtsp://h/live?a=b&{}={} (401)", "{}={}", "--{}={}", "x: {} = '{}'"]
)
@given(password=RAW)
def test_the_value_of_a_parameter_goes_whole(name: str, form: str, password: str) -> None:
    assert_nothing_is_left(masked(form.format(name, password)))


@pytest.mark.parametrize(
    "form", ["rtsp://u:{}@10.0.0.1/live", "error: kafka://:{}@h:9092, rtsp://h/2 refused", "x rtsp://{}@h"]
)
@given(password=RAW)
def test_user_info_goes_whole(form: str, password: str) -> None:
    assert_nothing_is_left(masked(form.format(password)))


@pytest.mark.parametrize(
    "text",
    [
        "rtsp://u%3AQz7x9Q%40h/1",
        "usr%3Dadmin%26pwd%3DQz7x9Q",
        "Authorization: Basic Qz7x9Q==",
        "first line\nrtsp://u:Qz7x9Q@h\nlast line",
        "-----BEGIN PRIVATE KEY----- Qz7x9Q",
    ],
)
def test_other_forms_go_too(text: str) -> None:
    assert_nothing_is_left(masked(text))


@given(password=ANY)
def test_a_known_secret_goes_however_it_is_encoded(password: str) -> None:
    words = secret_words(Secret("admin", password))
    encoded = quote(password, safe="")
    for form in (password, encoded, encoded.lower(), quote(password), json.dumps(password), repr(password)):
        assert password not in masked(f"the app says {form} and leaves", words)
        assert "Qz7" not in masked(f"the app says {form} and leaves", words)
    assert words[1] not in masked(f"header {words[1]}", words)


@given(st.lists(st.text("abc", min_size=4, max_size=12), min_size=2, max_size=4), st.randoms())
def test_no_rest_is_left_of_a_secret_that_begins_as_another(words: list[str], dice: st.DrawFn) -> None:
    text = " | ".join(words)
    assert set(masked(text, words).split(" | ")) == {"***"}


def test_lines_of_a_key_go_one_by_one() -> None:
    key = "-----BEGIN-----\nMIIEvQIBADANBgkqhkiG9w0\nQz7QIBADANBgkqhkiG9x9Q\n"
    assert_nothing_is_left(masked("openssl: bad line Qz7QIBADANBgkqhkiG9x9Q", [key]))


@pytest.mark.parametrize(
    "text",
    [
        "rtsp://10.0.0.1:554/live is not reachable",
        "frame 12: 25.0 fps",
        "password=${secret:dock:password}",
        "0:00:01.234 WARN rtspsrc gstrtspsrc.c:6: Unauthorized (401)",
        "the passes of the encoder: 2",
    ],
)
def test_what_holds_no_secret_stays(text: str) -> None:
    assert masked(text) == text


def test_many_letters_take_no_time() -> None:
    assert masked("a" * 100_000).startswith("aaa")
    assert masked("rtsp://" * 2_000)
