"""What becomes of a step: pure decisions on what its address answered."""

from dataclasses import dataclass

from schemas.backfill import Document, Found, Request, Source, Step, Target
from schemas.reasons import TRANSIENT
from schemas.records import FetchFailed
from tasks.sources import ADAPTERS, instead_of

ON_DISK = frozenset({Source.WARC, Source.URL_LIST})  # sources that a person gave: files of this machine
# A document from the network that is larger than this, or compressed, is read in a process that can be ended.
LITTLE = 64 * 1024


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


@dataclass(frozen=True, slots=True)
class Judged:
    """What `decide` wants, as one value that goes to another process."""

    step: Step
    came: Document | FetchFailed
    target: Target
    request: Request
    base: str

    @property
    def may_take_long(self) -> bool:
        """Whether a stranger's document is large, or may become large. Feeds were read already, in a process of their own."""
        came = self.came
        if isinstance(came, FetchFailed) or came.feed is not None or self.step.source in ON_DISK:
            return False
        return len(came.body) > LITTLE or came.body.startswith(b"\x1f\x8b")


def decided(one: Judged) -> Outcome:
    """As `decide`."""
    return decide(one.step, one.came, one.target, one.request, one.base)


def too_long(one: Judged, detail: str) -> Outcome:
    """What a document comes to that could not be read in time: nothing, and whatever is looked for instead."""
    more = instead_of(one.step, one.target, one.request.source, one.request.window, one.base)
    return Outcome(one.step, (), more, True, detail=f"reading it: {detail}")
