"""What becomes of a step: pure decisions on what its address answered."""

from dataclasses import dataclass

from schemas.backfill import Document, Found, Request, Step, Target
from schemas.reasons import TRANSIENT
from schemas.records import FetchFailed
from tasks.sources import ADAPTERS, instead_of


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a step lists and what to read next. `later`: it could not be read now and stays on the list."""

    step: Step
    items: tuple[Found, ...] = ()
    more: tuple[Step, ...] = ()
    absent: bool = False
    later: bool = False
    detail: str | None = None


def decide(step: Step, came: Document | FetchFailed, target: Target, request: Request, base: str) -> Outcome:
    """A document is read; what is not there leads on to another place; what may be there later stays for later."""
    if isinstance(came, FetchFailed):
        if came.reason in TRANSIENT:
            return Outcome(step, later=True, detail=came.detail)
        return Outcome(step, (), instead_of(step, target, request.source, request.window, base), True, detail=came.detail)
    listing = ADAPTERS[step.source].read(came, target, request.window)
    if not listing.offered:
        return Outcome(step, (), instead_of(step, target, request.source, request.window, base), True, detail=listing.note)
    return Outcome(step, listing.items, listing.more, detail=listing.note)
