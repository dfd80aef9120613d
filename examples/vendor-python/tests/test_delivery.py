"""The outbox, against a receiver on loopback."""

import asyncio
import base64
import json
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import httpcore
import pytest
from standardwebhooks.webhooks import Webhook
from starlette.testclient import TestClient

from campus_cloud.app import create_app
from campus_cloud.destinations import Destinations, GuardedNetwork
from campus_cloud.settings import Settings
from campus_cloud.store import Store


class Receiver:
    """Answers the deliveries with the given statuses, then with 204, and keeps what it received."""

    def __init__(self, *statuses: int) -> None:
        self.statuses = list(statuses)
        self.received: list[tuple[dict[str, str], bytes]] = []

    async def serve(self) -> str:
        server = await asyncio.start_server(self._answer, "127.0.0.1", 0)
        return f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/hook"

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")[1:-2]
        headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in head)}
        self.received.append((headers, await reader.readexactly(int(headers["content-length"]))))
        status = self.statuses.pop(0) if self.statuses else 204
        writer.write(f"HTTP/1.1 {status} Answer\r\nContent-Length: 0\r\n\r\n".encode())
        await writer.drain()
        writer.close()


def register_and_ping(client: TestClient, url: str) -> dict:
    endpoint = client.post("/v1/webhook-endpoints", json={"url": url}).json()
    client.post(f"/v1/webhook-endpoints/{endpoint['endpoint_id']}/ping")
    return endpoint


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not condition():
            await asyncio.sleep(0.01)


def test_a_delivery_survives_a_restart_and_is_retried_with_the_same_bytes(
    client: TestClient, settings: Settings, store: Store
) -> None:
    receiver = Receiver(500, 302)

    async def steps() -> None:
        url = await receiver.serve()
        endpoint = register_and_ping(client, url)  # this client's app never delivers: it is the process that crashed
        restarted = Store(settings.database)
        app = create_app(settings, restarted)
        async with app.router.lifespan_context(app):
            await until(lambda: len(receiver.received) == 3)
            await until(lambda: not restarted.all("SELECT * FROM deliveries"))
        restarted.close()
        assert len({(headers["webhook-id"], body) for headers, body in receiver.received}) == 1
        for headers, body in receiver.received:
            Webhook(endpoint["secret"]).verify(body, headers)

    asyncio.run(steps())


def test_a_rotated_endpoint_gets_both_signatures(client: TestClient, settings: Settings, store: Store) -> None:
    receiver = Receiver()

    async def steps() -> None:
        endpoint = register_and_ping(client, await receiver.serve())
        rotated = client.post(f"/v1/webhook-endpoints/{endpoint['endpoint_id']}/rotate-secret").json()
        app = create_app(settings, store)
        async with app.router.lifespan_context(app):
            await until(lambda: len(receiver.received) == 1)
        headers, body = receiver.received[0]
        assert len(headers["webhook-signature"].split(" ")) == 2
        for secret in (endpoint["secret"], rotated["secret"]):
            Webhook(secret).verify(body, headers)

    asyncio.run(steps())


def test_an_endpoint_that_answers_410_is_stopped(client: TestClient, settings: Settings, store: Store) -> None:
    receiver = Receiver(410)

    async def steps() -> None:
        endpoint = register_and_ping(client, await receiver.serve())
        app = create_app(settings, store)
        async with app.router.lifespan_context(app):
            await until(lambda: client.get("/v1/webhook-endpoints").json()["data"][0]["state"] == "stopped")
        assert store.all("SELECT * FROM deliveries") == []
        again = client.post(f"/v1/webhook-endpoints/{endpoint['endpoint_id']}/ping")
        assert again.json()["code"] == "endpoint_stopped"

    asyncio.run(steps())


def test_a_name_that_resolves_to_an_address_that_is_not_public_gets_no_connection() -> None:
    network = GuardedNetwork(Destinations(allow_loopback=False))
    with pytest.raises(httpcore.ConnectError, match="not public"):
        asyncio.run(network.connect_tcp("localhost", 443))


_VECTORS = Path(os.environ.get("VECTORS", Path(__file__).parents[3] / "spec/1.0/vectors"))
_CASES = [
    case
    for case in json.loads((_VECTORS / "signatures.json").read_text("utf-8"))["cases"]
    if case["scheme"] == "v1" and case["valid"] and "body" in case
]


@pytest.mark.parametrize("case", _CASES, ids=lambda case: case["name"])
def test_the_library_signs_as_the_vectors_say(case: dict) -> None:
    headers = {name.lower(): value for name, value in case["headers"].items()}
    at = datetime.fromtimestamp(int(headers["webhook-timestamp"]), UTC)
    body = base64.b64decode(case["body_base64"]).decode("utf-8")
    signed = {Webhook(key).sign(headers["webhook-id"], at, body) for key in case["keys"]}
    assert signed & set(headers["webhook-signature"].split(" "))
