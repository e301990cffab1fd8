"""Errors of several fields of a model, each at its own place."""

from collections.abc import Mapping

from pydantic import ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError

Path = tuple[str | int, ...]


def refusal(model: str, faults: Mapping[Path, str]) -> ValidationError:
    """What a validator of a model raises when it can say more exactly than "this model" what is wrong.

    Args:
        model: the name of the model.
        faults: sentences by their paths below the model, in the words of manifests.
    """
    # A validator that raises such an error hands its parts on, each with the path of the model before its own.
    return ValidationError.from_exception_data(
        model,
        [
            InitErrorDetails(
                type=PydanticCustomError("value_error", "{error}", {"error": message}), loc=path, input=None
            )
            for path, message in faults.items()
        ],
    )
