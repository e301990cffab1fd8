"""What reading or checking a file found that its author should know."""

from dataclasses import dataclass
from enum import StrEnum


class ConfigTextError(ValueError):
    """DeepStream's reader refuses the whole text of a file.

    Attributes:
        line: where, counted from 1.
        message: what is wrong there.
    """

    def __init__(self, line: int, message: str) -> None:
        super().__init__(f"line {line}: {message}")
        self.line = line
        self.message = message


class Severity(StrEnum):
    """How bad a finding is."""

    ERROR = "error"
    """DeepStream refuses the file, or the pipeline fails by it."""
    WARNING = "warning"
    """DeepStream goes on, but hardly with what the author meant."""
    NOTE = "note"
    """Good to know."""


@dataclass(frozen=True)
class Finding:
    """One thing to know about a file."""

    severity: Severity
    message: str
    """What is wrong, why it matters, and what to do."""
    group: str = ""
    key: str = ""
    line: int | None = None
    """Counts from 1; None when no single line is at fault."""
    left_out: bool = False
    """True when what was read does not hold it."""

    def __str__(self) -> str:
        """One line for people: `line 12: [property] batch-size: ...`."""
        where = f"[{self.group}] {self.key}".strip() if self.group else self.key
        parts = (f"line {self.line}" if self.line else "", where, self.message)
        return ": ".join(part for part in parts if part)


def errors_in(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """Only those that DeepStream fails by."""
    return tuple(one for one in findings if one.severity is Severity.ERROR)
