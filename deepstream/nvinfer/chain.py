"""Rules across the nvinfers of one pipeline."""

from collections.abc import Iterator, Sequence

from deepstream.findings import Finding, Severity
from deepstream.nvinfer.config import PROPERTY_GROUP, InferConfig
from deepstream.nvinfer.property import is_secondary, unique_id


def check_chain(chain: Sequence[tuple[str, InferConfig]]) -> tuple[Finding, ...]:
    """What is wrong with the nvinfers of a pipeline together.

    Several primaries are fine: two detectors may look at the same frames.

    Args:
        chain: their names, for the messages, and their configurations, in the order of the pipeline.
    """
    return (*_check_ids(chain), *_check_references(chain))


def _check_ids(chain: Sequence[tuple[str, InferConfig]]) -> Iterator[Finding]:
    owners: dict[int, str] = {}
    for name, config in chain:
        number = unique_id(config.property)
        if number <= 0:
            message = f"{name}: {number} is refused by nvinfer: give a number from 1"
            yield Finding(Severity.ERROR, message, PROPERTY_GROUP, "gie-unique-id")
        elif number in owners:
            default = " (the default)" if config.property.gie_unique_id is None else ""
            message = (
                f"{name}: {number}{default} is the number of {owners[number]} too: deepstream-app refuses it, and "
                "elsewhere nobody can tell the objects of the two apart; give each its own"
            )
            yield Finding(Severity.ERROR, message, PROPERTY_GROUP, "gie-unique-id")
        owners.setdefault(number, name)


def _check_references(chain: Sequence[tuple[str, InferConfig]]) -> Iterator[Finding]:
    everyone = {unique_id(config.property) for _, config in chain}
    before: set[int] = set()
    for name, config in chain:
        own, target = unique_id(config.property), config.property.operate_on_gie_id
        if is_secondary(config.property) and target is not None and target != -1 and target not in before:
            yield _reference(name, own, target, later=target in everyone)
        before.add(own)


def _reference(name: str, own: int, target: int, *, later: bool) -> Finding:
    if target == own:
        severity, what = Severity.ERROR, "it refers to itself, and never sees an object"
    elif later:
        severity, what = Severity.ERROR, f"nvinfer {target} comes later in the pipeline, so it never sees its objects"
    else:
        # Other elements, such as nvinferserver, have such numbers too.
        severity, what = Severity.WARNING, f"no nvinfer of the pipeline has the number {target}"
    message = f"{name}: {what}; give the gie-unique-id of one before it"
    return Finding(severity, message, PROPERTY_GROUP, "operate-on-gie-id")
