"""The supervisor's own few requests to Prefect: whatever a server does, it is one error that is dealt with."""

import socket
import threading

import pytest

from flows.prefect_api import ask, healthy
from schemas.errors import TransientError

_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


@pytest.mark.parametrize(
    "answer",
    [
        _HEAD + b"Content-Length: 100\r\n\r\n[1, 2",  # killed in the middle of a body
        _HEAD + b"Connection: close\r\n\r\n[1, 2",  # the same, where no length was told
        b"nonsense\r\n\r\n",
        b"",
    ],
)
def test_half_an_answer_is_a_server_that_does_not_answer(answer: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            for _ in range(2):
                connection, _ = listening.accept()
                with connection:
                    connection.recv(65536)
                    connection.sendall(answer)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        api = f"http://127.0.0.1:{listening.getsockname()[1]}/api"
        with pytest.raises(TransientError):
            ask(api, "GET", "/health", seconds=5)
        assert not healthy(api, 5)
        thread.join(10)


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ({}, None),
        ({"PREFECT_SERVER_API_AUTH_STRING": "desk:secret"}, b"Basic ZGVzazpzZWNyZXQ="),
        ({"PREFECT_API_AUTH_STRING": "desk:other", "PREFECT_SERVER_API_AUTH_STRING": "desk:secret"}, b"Basic ZGVzazpvdGhlcg=="),
        ({"PREFECT_API_KEY": "abc"}, b"Bearer abc"),
    ],
)
def test_a_servers_password_is_sent(given: dict[str, str], sent: bytes | None, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PREFECT_API_KEY", "PREFECT_API_AUTH_STRING", "PREFECT_SERVER_API_AUTH_STRING"):
        monkeypatch.delenv(name, raising=False)
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    heads = list[bytes]()
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            connection, _ = listening.accept()
            with connection:
                heads.append(connection.recv(65536))
                connection.sendall(_HEAD + b"Content-Length: 4\r\n\r\ntrue")

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        assert ask(f"http://127.0.0.1:{listening.getsockname()[1]}/api", "GET", "/health", seconds=30) is True
        thread.join(10)
    lines = [line.partition(b": ")[2] for line in heads[0].split(b"\r\n") if line.lower().startswith(b"authorization:")]
    assert lines == ([] if sent is None else [sent])
