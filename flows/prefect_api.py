"""The few requests to Prefect's API that the supervisor and the command line make. Without Prefect's own client: importing
that takes seconds and 100 MB, and `newsfold up` lives for months."""

import http.client
import json
import os
import urllib.error
import urllib.request
from base64 import b64encode
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from uuid import uuid4

from schemas.errors import TransientError

PAGE = 200
ANSWER_SECONDS = 10.0
# Never through a proxy of the environment: the server is this machine's, or one that a person named.
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def ask(api: str, method: str, path: str, body: object = None, *, seconds: float = ANSWER_SECONDS) -> Any:
    """Sends a request to the API at `api` (…/api) and returns its JSON answer, None where it has no body.

    Raises:
        TransientError: no server answers, or it refuses.
    """
    headers = {"content-type": "application/json"}
    if key := os.environ.get("PREFECT_API_KEY"):
        headers["authorization"] = f"Bearer {key}"
    elif pair := os.environ.get("PREFECT_API_AUTH_STRING") or os.environ.get("PREFECT_SERVER_API_AUTH_STRING"):
        headers["authorization"] = f"Basic {b64encode(pair.encode()).decode()}"
    request = urllib.request.Request(
        f"{api.rstrip('/')}{path}", data=None if body is None else json.dumps(body).encode(), headers=headers, method=method
    )
    try:
        with _OPENER.open(request, timeout=seconds) as answer:
            content = answer.read()
        return json.loads(content) if content else None
    except urllib.error.HTTPError as error:
        with error:
            words = error.read(300).decode("utf-8", "replace")
        raise TransientError(f"the Prefect server answered {error.code} to {method} {path}: {words}") from None
    except (urllib.error.URLError, OSError, ValueError, http.client.HTTPException) as error:
        # A server that is killed in the middle of an answer sends half of one.
        raise TransientError(f"no Prefect server answers at {api} ({error})") from None


def healthy(api: str, seconds: float = 2.0) -> bool:
    """Whether a Prefect server says that it is well."""
    try:
        ask(api, "GET", "/health", seconds=seconds)
    except TransientError:
        return False
    return True


def emit(api: str, event: str, resource: str, payloads: list[Mapping[str, Any]], now: datetime) -> None:
    """Sends an event for each payload, all in one request.

    Raises:
        TransientError: no server answers.
    """
    events = [
        {
            "id": str(uuid4()),
            "occurred": now.isoformat(),
            "event": event,
            "resource": {"prefect.resource.id": resource},
            "payload": dict(payload),
        }
        for payload in payloads
    ]
    ask(api, "POST", "/events", events)


def events(api: str, name: str, since: datetime, until: datetime) -> Iterator[dict[str, Any]]:
    """All events of that name between two moments, the oldest first.

    Raises:
        TransientError: no server answers.
    """
    wanted = {
        "occurred": {"since": since.isoformat(), "until": until.isoformat()},
        "event": {"name": [name]},
        "order": "ASC",
    }
    page = ask(api, "POST", "/events/filter", {"filter": wanted, "limit": 50})
    while page:
        yield from page["events"]
        following = page.get("next_page")
        # the server names itself by the address it was asked at
        page = ask(api, "GET", "/events/filter/next" + following.split("/events/filter/next", 1)[1]) if following else None
