"""Plain words are looked into for tokens alone: nothing else that is looked for fits into them."""

from typing import SupportsIndex

from hypothesis import given
from hypothesis import strategies as st

from crds.secret_forms import is_short_and_plain, parameters_in, secrets_in, secrets_in_line

_PARTS = ["admin", "password", "pass", "token", "key", "AKIA", "ghp_", "glpat-", "xoxb-", "AIza", "hf_", "sk-", "eyJ", "Basic", "0", "Z", "/", ".", "_", "-"]  # fmt: skip
_WORDS = st.lists(st.sampled_from(_PARTS) | st.text("aZ9./_-", max_size=4), max_size=8).map("".join)


@given(_WORDS)
def test_a_word_alone_is_what_it_is_beside_a_blank(word: str) -> None:
    for find in (secrets_in, secrets_in_line):
        assert find(word) == find(f"{word} ")


@given(
    st.sampled_from(["rtsp://", "https://", "password://"]),
    st.lists(st.sampled_from([*_PARTS, ":", "10.0.0.1", "554", "admin:secret"]), max_size=8),
)
def test_an_address_alone_is_what_it_is_before_an_empty_query(scheme: str, parts: list[str]) -> None:
    address = scheme + "".join(parts)
    alone, beside = secrets_in(address), secrets_in(f"{address}?")
    assert [(one.start, one.what) for one in alone] == [(one.start, one.what) for one in beside]


@given(_WORDS | st.text(max_size=20))
def test_what_is_short_and_plain_holds_no_secret(text: str) -> None:
    if is_short_and_plain(text):
        for find in (secrets_in, secrets_in_line):
            assert not find(text)
            assert not find(f"{text} ")


class Counting(str):
    """A text that counts the characters that are taken out of it."""

    __slots__ = ("taken",)

    def __getitem__(self, where: SupportsIndex | slice) -> str:
        part = super().__getitem__(where)
        self.taken = getattr(self, "taken", 0) + len(part)
        return part


def test_a_long_line_of_parameters_is_not_copied_for_each_of_them() -> None:
    text = Counting("key=" * 1000)
    assert not list(parameters_in(text))
    assert getattr(text, "taken", 0) <= len(text)
