"""Whatever is written and wanted: read again it is what is wanted, all else is what it was, and no line changes that has no part in it."""

from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from controller.edits.alignment import aligned, same
from controller.edits.files import edit_files
from controller.edits.object_edit import CannotEdit, ObjectEdit
from controller.edits.values import Style, flow, key, mapping_lines, scalar
from controller.model import ObjectRef
from controller.source.files import SourceFile
from controller.source.read.file_reading import read_file
from controller.source.read.yaml_documents import pieces, read_any_piece, read_piece
from tests.edits.written import KEYS, Written, any_value, changed, must_stay

DICE = st.integers(0, 2**48).map(Random)
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20) | st.lists(
    st.sampled_from(["a", " ", "\n", ":", "#", "-", "'", '"', "0", "1", "_", ".", "e", ",", "[", "{", "&", "*", "!", "|", "\t", "\r", "\x85"]), max_size=6
).map("".join)  # fmt: skip
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=10,
)


def camera(name: str, spec: dict[str, Any]) -> dict[str, Any]:
    return {"apiVersion": "dsfleet.io/v1", "kind": "Camera", "metadata": {"name": name}, "spec": spec}


def documents(content: bytes) -> list[Any]:
    return [one.value for _, piece in pieces(content.decode("utf-8-sig")) for one in read_piece(piece)]


def is_subsequence(lines: list[str], of: list[str]) -> bool:
    rest = iter(of)
    return all(line in rest for line in lines)


@settings(max_examples=150)
@given(DICE)
def test_an_edit_in_a_file_of_any_style(dice: Random) -> None:
    objects, texts = [], []
    for number in range(dice.randint(1, 3)):
        spec = {one: any_value(dice, 1) for one in dice.sample(KEYS, dice.randint(1, 6))}
        objects.append(camera(f"c{number}", spec))
        written = Written(dice)
        written.document(objects[-1])
        texts.append(written)
    line_end = dice.choice(["\n", "\r\n"])
    head = dice.choice(["", "# the head\n"])
    text = head + "---\n".join("".join(line + "\n" for line, _, _ in one.lines) for one in texts)
    content = dice.choice([b"", b"\xef\xbb\xbf"]) + text.replace("\n", line_end).encode()
    before = documents(content)
    chosen = dice.randrange(len(objects))
    wanted = [dict(one) for one in before]
    wanted[chosen]["spec"] = changed(dice, before[chosen]["spec"])
    places = {ObjectRef("Camera", f"c{number}"): b"a.yaml" for number in range(len(objects))}
    edit = ObjectEdit(ObjectRef("Camera", f"c{chosen}"), wanted[chosen])
    after = edit_files({b"a.yaml": content}, places, [edit]).get(b"a.yaml", content)
    assert after is not None
    assert same(documents(after), wanted)
    assert (b"\r\n" in content) == (b"\r\n" in after)
    stay = must_stay(texts[chosen], before[chosen], wanted[chosen])
    old, new = text.split("---\n"), after.decode("utf-8-sig").replace("\r\n", "\n").split("---\n")
    assert old[:chosen] + old[chosen + 1 :] == new[:chosen] + new[chosen + 1 :]
    assert is_subsequence(stay, new[chosen].split("\n"))


@settings(max_examples=100)
@given(DICE)
def test_an_edit_of_an_object_with_anchors(dice: Random) -> None:
    lines: list[str] = []
    mappings: list[str] = []
    for number in range(dice.randint(2, 6)):
        anchor = f"A{dice.randint(0, number)}"
        above = dice.choice(mappings) if mappings else ""
        what = dice.random()
        if above and what < 0.25:
            lines.append(f"  k{number}: *{above} # {number}")
            continue
        lines.append(f"  k{number}: &{anchor} # {number}")
        if above and what < 0.6:
            lines.append(f"    <<: [*{above}, *{dice.choice(mappings)}]" if what < 0.4 else f"    <<: *{above}")
        lines += mapping_lines({one: any_value(dice, 2) for one in dice.sample(KEYS, 3)}, 4, Style())
        mappings.append(anchor)
    content = (
        "apiVersion: dsfleet.io/v1\nkind: Camera\nmetadata: {name: c}\nspec:\n" + "\n".join(lines) + "\n"
    ).encode()
    (before,) = documents(content)
    wanted = {**before, "spec": changed(dice, before["spec"])}
    ref = ObjectRef("Camera", "c")
    after = edit_files({b"c.yaml": content}, {ref: b"c.yaml"}, [ObjectEdit(ref, wanted)]).get(b"c.yaml", content)
    assert after is not None
    assert same(documents(after), [wanted])


@settings(max_examples=60)
@given(DICE)
def test_objects_that_come_and_go(dice: Random) -> None:
    names = [f"c{number}" for number in range(dice.randint(1, 6))]
    files: dict[bytes, bytes] = {}
    for name in names:
        path = dice.choice([b"a.yaml", b"b.yaml", f"{name}.yml".encode()])
        text = f"# above {name}\n" + "".join(line + "\n" for line in mapping_lines(camera(name, {}), 0, Style()))
        files[path] = files[path] + b"---\n" + text.encode() if path in files else text.encode()
    places = {
        ObjectRef("Camera", one["metadata"]["name"]): path
        for path, content in files.items()
        for one in documents(content)
    }
    expected = {ref.name: camera(ref.name, {}) for ref in places}
    edits = []
    for name in dice.sample([*names, "new", "c", "z-0"], dice.randint(1, len(names))):
        wanted = camera(name, {"a": 1}) if name not in expected or dice.random() < 0.4 else None
        edits.append(ObjectEdit(ObjectRef("Camera", name), wanted))
        if wanted is None:
            del expected[name]
        else:
            expected[name] = wanted
    after = {**files, **edit_files(files, places, edits)}
    found = [one for content in after.values() if content is not None for one in documents(content)]
    assert sorted(one["metadata"]["name"] for one in found) == sorted(expected)
    assert all(same(one, expected[one["metadata"]["name"]]) for one in found)
    for content in after.values():
        if content is not None:
            assert not [one for one in read_file("", SourceFile(b"x.yaml", content)).problems if "spec" not in one.path]


@given(JSON)
def test_every_value_is_written_as_both_readers_take_it(value: Any) -> None:
    for text in (
        "".join(line + "\n" for line in mapping_lines({"k": value, "z": [value]}, 0, Style())),
        f"{{k: {flow(value)}, z: [{flow(value)}]}}\n",
    ):
        for read in (read_piece, read_any_piece):
            (document,) = read(text)
            assert not document.faults, text
            assert same(document.value, {"k": value, "z": [value]}), text


@given(TEXT, st.sampled_from(["", "'", '"']), st.booleans())
def test_every_text_is_that_text_in_any_quotes(text: str, quote: str, in_flow: bool) -> None:
    written = f"{key(text, quote=quote, in_flow=in_flow)}: {scalar(text, quote=quote, in_flow=in_flow)}"
    (document,) = read_piece(f"{{{written}}}\n" if in_flow else f"{written}\n")
    assert document.value == {text: text}


@given(st.lists(st.integers(0, 4), max_size=8), st.lists(st.integers(0, 4), max_size=8))
def test_an_alignment_tells_of_each_element_once(before: list[int], after: list[int]) -> None:
    pairs = aligned(before, after)
    assert [old for old, _ in pairs if old is not None] == [*range(len(before))]
    assert [new for _, new in pairs if new is not None] == [*range(len(after))]


@given(
    st.dictionaries(
        st.text(max_size=5) | st.integers() | st.none(),
        JSON | st.binary() | st.floats() | st.just("\ud800"),
        max_size=4,
    )
)
def test_anything_wanted_is_written_or_refused(spec: dict[Any, Any]) -> None:
    ref = ObjectRef("Camera", "c")
    text = b"apiVersion: dsfleet.io/v1\nkind: Camera\nmetadata: {name: c}\nspec: {a: 1} # here\n"
    wanted = camera("c", spec)
    try:
        after = edit_files({b"c.yaml": text}, {ref: b"c.yaml"}, [ObjectEdit(ref, wanted)]).get(b"c.yaml", text)
    except CannotEdit:
        return
    assert after is not None
    assert same(documents(after), [wanted])
