"""How long an agent waits, and for what. The limits by which it judges apps and instances stand where it judges."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Timings:
    """The waits of one agent; simulations and tests of time give it others."""

    resync_seconds: float = 60.0
    """Between two looks at the node when nothing happens: the safety net under the engine's events."""
    rest_seconds: float = 0.05
    """After a look: a hundred containers that start at once are a few looks and not hundreds, and no mistake makes the
    loop a hot one."""
    settle_seconds: float = 0.5
    """Before the look for what nothing hangs on: what the agent itself does to instances makes events, too."""
    retry_seconds: float = 2.0
    """Before a part of the agent that failed is tried again, and between two looks while something is waited for."""
    probe_every_seconds: float = 1.0
    """Between two looks at the apps; how soon a frozen camera can be seen hangs on it. Those that run evenly are asked at every
    fifth of them: `reporter/pace.py`."""
    orphans_every_seconds: float = 5.0
    """Between two looks for what earlier agents have left on the machine."""
    report_every_seconds: float = 5.0
    """Between two signs of life when nothing changes but numbers: heartbeats, where the controller takes them, or reports."""
    full_report_every_seconds: float = 60.0
    """Between two reports when nothing changes but numbers, and heartbeats say so in between."""
    greet_every_seconds: float = 60.0
    """Between two greetings that nobody asked for, a fifth more or less: a thousand agents do not greet in step."""
    first_greeting_delay_seconds: float = 1.0
    """Before a greeting that failed is tried again; it doubles."""
    longest_greeting_delay_seconds: float = 30.0
    """What it grows to."""
    first_usage_seconds: float = 1.0
    """The window of the first sample of what is used, for somebody who waits for it."""
    usage_every_seconds: float = 5.0
    """Between two samples while somebody looks."""
    first_attempt_delay_seconds: float = 0.5
    """Before an operation that failed is tried again, at most; it doubles, and dice say how much of it is waited, so that
    forty nodes do not ask a registry in step."""
    longest_attempt_delay_seconds: float = 30.0
    """What it grows to. It is capped in length, never in number."""
