"""Plain words are looked into for tokens alone: nothing else that is looked for fits into them."""

from hypothesis import given
from hypothesis import strategies as st

from crds.secret_forms import secrets_in, secrets_in_line

_PARTS = ["admin", "password", "pass", "token", "key", "AKIA", "ghp_", "glpat-", "xoxb-", "AIza", "hf_", "sk-", "eyJ", "Basic", "0", "Z", "/", ".", "_", "-"]  # fmt: skip
_WORDS = st.lists(st.sampled_from(_PARTS) | st.text("aZ9./_-", max_size=4), max_size=8).map("".join)


@given(_WORDS)
def test_a_word_alone_is_what_it_is_beside_a_blank(word: str) -> None:
    for find in (secrets_in, secrets_in_line):
        assert find(word) == find(f"{word} ")
