"""Instances of one node in several forms, and the wait until one of its generations is applied."""

from tests.agent.stand import Stand, until
from tests.differ.generations import instance

YARD = instance("yard", cameras=["dock"])
YARD_STRICTER = instance("yard", cameras=["dock"], app={"motConfidenceThreshold": 0.9})
YARD_NEWER = instance("yard", cameras=["dock"], image="retinaface:2")
YARD_LIMITED = instance("yard", {"dock": {"limits": {"minimumFps": 5}}}, cameras=["dock"])
UNTOLD = instance("yard", cameras=["dock"], app={"kind": "retinaface"})
UNTOLD_LIMITED = instance("yard", {"dock": {"limits": {"minimumFps": 5}}}, cameras=["dock"], app={"kind": "retinaface"})
HALL = instance("hall")
ATTIC = instance("attic")


async def applied(stand: Stand, number: int) -> None:
    await until(lambda: stand.applied() == number, f"generation {number} is applied")
