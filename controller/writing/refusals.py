"""Why a write is not made. Nothing was written then."""

from controller.model import ObjectRef, Problem


class WriteRefused(Exception):  # noqa: N818 - says what happened
    """A write that is not made; the message says why."""


class NotThere(WriteRefused):
    """There is no such object."""

    def __init__(self, ref: ObjectRef) -> None:
        super().__init__(f"there is no {ref}")
        self.ref = ref


class AlreadyThere(WriteRefused):
    """There is an object of this name."""

    def __init__(self, ref: ObjectRef) -> None:
        super().__init__(f"there is a {ref} already")
        self.ref = ref


class Outdated(WriteRefused):
    """The object, or the manifests, are not as the request supposes."""

    def __init__(self, ref: ObjectRef | None, message: str) -> None:
        super().__init__(message)
        self.ref = ref


class UnknownFields(WriteRefused):
    """The object has fields that its kind does not have, and the request allows none."""


class Unsound(WriteRefused):
    """The manifests would have problems."""

    def __init__(self, ref: ObjectRef | None, problems: tuple[Problem, ...], *, are_old: bool = False) -> None:
        first = str(problems[0]) if problems else ""
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        before = "the manifests have problems already, which must be corrected first: " if are_old else ""
        super().__init__(f"{before}{first}{more}")
        self.ref = ref
        self.problems = problems


class Parks(WriteRefused):
    """It takes away more than may go without the approval of a person."""

    def __init__(self, why: str, revision_id: str, plan: str) -> None:
        super().__init__(f"{why}: approve of it by naming revision {revision_id}")
        self.why = why
        self.revision_id = revision_id
        """What an approval must name."""
        self.plan = plan
        """As text."""


class NoSuchRevision(WriteRefused):
    """There is no such revision, or it is not kept any more."""

    def __init__(self, revision_id: str) -> None:
        super().__init__(f"there is no revision {revision_id[:80]!r}, or it is not kept any more")


class NotNow(WriteRefused):
    """It cannot be told what a write would do, or this controller does not lead."""
