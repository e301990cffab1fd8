"""A record goes all the way through a ledger."""

from datetime import datetime

from nodeagent.ledger.acceptance import Decision
from nodeagent.ledger.ledger import Ledger


def take(ledger: Ledger, envelope: bytes, now: datetime) -> Decision:
    """Decides on a record, and persists it when it is accepted."""
    decision = ledger.consider(envelope, now)
    ledger.commit()
    return decision
