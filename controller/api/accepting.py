"""The forms of answers that a client accepts, as its header says."""

from collections.abc import Iterator, Mapping


def accepted_json(accept: str) -> Iterator[Mapping[str, str]]:
    """The forms of JSON that are accepted, as the client lists them: their parameters, none for plain JSON.

    Args:
        accept: the Accept header; empty accepts everything.
    """
    for clause in (accept or "*/*").split(","):
        media_type, *parameters = (part.strip() for part in clause.split(";"))
        if media_type in ("application/json", "application/*", "*/*"):
            yield dict(parameter.partition("=")[::2] for parameter in parameters)
