"""What the parser says about broken YAML, in sentences for the person who wrote it."""

from ruamel.yaml.error import MarkedYAMLError

# Parts of the parser's words, the sentence that explains them, and whether the place is where the construct began.
_SENTENCES: tuple[tuple[str, str, bool], ...] = (
    (r"found character '\t'", "a tab: YAML is indented with blanks", False),
    (
        "mapping values are not allowed",
        "a ': ' where no value can stand: check the indentation, or quote the text",
        False,
    ),
    ("could not find expected ':'", "a key without its ':': add it, or check the indentation", True),
    ("while scanning a quoted scalar", "the quote that opens here is never closed", True),
    ("expected <block end>", "the indentation does not fit the lines above", False),
    ("expected ',' or '}'", "the { that opens here is not closed, or a ',' is missing", True),
    ("expected ',' or ']'", "the [ that opens here is not closed, or a ',' is missing", True),
    ("sequence entries are not allowed", "a '- ' where no list can stand: check the indentation", False),
    ("expected the node content, but found '<stream end>'", "the text ends where a value is expected", False),
    ("found unknown escape character", "an unknown escape in double quotes: write \\\\ for a backslash", False),
    ("cannot start any token", "a character that no plain text may begin with: put the text in quotes", False),
    ("expected alphabetic or numeric character", "an & or * without a name: put the text in quotes", False),
    ("found undefined tag handle", "tags are not allowed: write plain YAML", False),
)


def sentence_for(error: MarkedYAMLError, text: str) -> tuple[tuple[int, int], tuple[()], str]:
    """Place, path and sentence for an error of the parser.

    Args:
        error: what the parser raised.
        text: what it was given.
    """
    said = f"{error.context or ''}: {error.problem or ''}".strip(": ")
    mark = error.problem_mark or error.context_mark
    sentence = " ".join(said.split()) or "cannot be read as YAML"
    for words, explanation, at_beginning in _SENTENCES:
        if words in said:
            sentence = explanation
            if at_beginning and error.context_mark:
                mark = error.context_mark
            break
    else:
        sentence = f"broken YAML: {sentence}"
    if mark is None:
        return (0, 1), (), sentence
    line = min(mark.line, text.count("\n"))
    return (line, mark.column + 1), (), sentence
