"""Texts for Hypothesis: key files that are almost right, and raw values that typed readers might take."""

import unicodedata

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from deepstream.keyfile_values import Reader

THOROUGHLY = settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow]
)
BLANKS = " \t\v\f\r"
STRESS = "[]=;#\\ \t\v\f\r\n\0\x01\x1f\x7f\x85\xa0" + "aZ09-_.@,+'\"" + "éß٣²Ⅷ一😀\u2028\ufeff"
# Characters that are old enough for the tables of any Python and any GLib to agree on them.
_SETTLED = st.characters(codec="utf-8", max_codepoint=0xD7FF).filter(
    lambda one: unicodedata.ucd_3_2_0.category(one) != "Cn"
)

stressed = st.text(STRESS, max_size=8)
_any_character = st.text(_SETTLED, max_size=4)
_blanks = st.text(BLANKS, max_size=2)
_line_ends = st.sampled_from(["\n", "\n", "\r\n", "\r\r\n", "\n\n"])
_names = st.sampled_from(["a", "b", "name", "class-attrs-0", "two words", "é", "Encoding", "x\t"]) | stressed
_languages = st.sampled_from(
    ["", "", "", "[de]", "[C]", "[c]", "[de_DE.UTF-8@euro]", "[]", "[é٣]", "[ C]"]
) | st.builds("[{}]".format, _any_character)
_values = st.sampled_from(["", "1", "UTF-8", "utf-8", "1;2;3;", "a\\sb", "rtsp://u:p#q@h/1 # x"]) | stressed
_heads = st.builds("{}[{}]{}".format, _blanks, st.sampled_from(["a", "b", " a ", "é", "a=b"]) | stressed, _blanks)
_sound_heads = st.builds("[{}]{}".format, st.sampled_from("aabcé"), st.text(" \t", max_size=2))
_pairs = st.builds("{}{}{}{}={}{}".format, _blanks, _names, _languages, _blanks, _blanks, _values)
_sound_names = st.sampled_from(["k", "k", "l", "roi-é", "two words", "Encoding", "k[]", "k[c]", "k[de]", "m\v", "a\0"])
_sound_values = _values.filter(lambda value: "\n" not in value)
_sound_pairs = st.builds("{}{}{}={}{}".format, _blanks, _sound_names, _blanks, _blanks, _sound_values)
_comments = st.builds("{}#{}".format, _blanks, stressed.filter(lambda text: "\n" not in text)) | _blanks


def _file(lines: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    ended = st.lists(st.builds("{}{}".format, lines, _line_ends), max_size=12).map("".join)
    return st.builds("{}{}".format, ended, st.just("") | lines)


wild_texts = st.text(STRESS, max_size=40)
broken_files = _file(_heads | _pairs | _comments | stressed)
nearly_sound_files = _file(_sound_heads | _sound_pairs | _sound_pairs | _comments)
"""Most begin with a key before any group; with a head in front they load but for few lines."""
files = st.one_of(
    wild_texts, broken_files, nearly_sound_files, st.builds("[a]\n{}".format, broken_files | nearly_sound_files)
)
sound_files = st.builds("{}{}".format, st.sampled_from(["[a]\n", "# c\r\n[a]\r\n", "\n[a] \n"]), nearly_sound_files)

_numbers = st.one_of(
    st.integers().map(str),
    st.integers(-(2**65), 2**65).map(str),
    st.floats().map(repr),
    st.floats(allow_nan=False, allow_infinity=False).map(float.hex),
    st.sampled_from(
        ["0x10", "0x", "0x.8", "0x1.p3", "0x1p-2000", "0x0p99999999999999999999", "0x1p9999999999999999999"]
    ),
    st.sampled_from(
        ["inf", "-INFINITY", "nan", "-nan(a_1)", "nan(", "infinit", "1e", "1e5", "1.", ".5", ".", "1,5", "1e999"]
    ),
    st.sampled_from(["2147483647", "-2147483649", "18446744073709551616", "-18446744073709551616", "0" * 50 + "5"]),
    st.sampled_from(["true", "false", "True", "yes", "on", ""]),
)
_digits = st.text("0123456789+-.eExXpPaAfFiInN()_ \t\v\f\r", max_size=10)
_shreds = st.one_of(
    _numbers, _digits, stressed, st.sampled_from([";", ";", " ", "\\s", "\\;", "\\", "\\x", "\v", "\n"])
)
raw_values = st.lists(_shreds, max_size=5).map("".join).filter(lambda raw: "\0" not in raw)
"""What a typed reader might be given: also blanks in front, which no line of a file can hold."""

_texts = st.text(st.characters(codec="utf-8", exclude_characters="\0") | st.sampled_from(" \t\n\r\\;#\f\v"), max_size=8)
_lists = {
    Reader.INTEGER_LIST: st.integers(-(2**31), 2**31 - 1),
    Reader.DOUBLE_LIST: st.floats(allow_nan=False, allow_infinity=False),
    Reader.STRING_LIST: _texts,
}
WRITABLE = {
    Reader.INTEGER: _lists[Reader.INTEGER_LIST],
    Reader.UINT64: st.integers(0, 2**64 - 1),
    Reader.BOOLEAN: st.booleans(),
    Reader.DOUBLE: _lists[Reader.DOUBLE_LIST],
    Reader.STRING: _texts.filter(lambda text: text[:1] != "\f"),
    **{reader: st.lists(items, max_size=4).map(tuple) for reader, items in _lists.items()},
}
"""Every value that a reader can give, but for those that no text is read as: a form feed at the very beginning."""
WRITABLE[Reader.STRING_LIST] = WRITABLE[Reader.STRING_LIST].filter(lambda items: "".join(items[:1])[:1] != "\f")
