"""The API, through HTTP calls."""

import pytest
from starlette.testclient import TestClient

from campus_cloud.store import Store


def everything(client: TestClient, path: str, limit: int = 7, **query: str) -> tuple[list[dict], str | None]:
    """The items of all pages, and the sync token of the last page."""
    items, cursor = [], None
    while True:
        page = client.get(path, params={**query, "limit": limit, **({"cursor": cursor} if cursor else {})}).json()
        items += page["data"]
        cursor = page["next_cursor"]
        if cursor is None:
            return items, page.get("sync_token")


def of_type(client: TestClient, device_type: str) -> dict:
    return next(device for device in everything(client, "/v1/devices")[0] if device["type"] == device_type)


def events(client: TestClient) -> list[dict]:
    return everything(client, "/v1/events")[0]


def test_a_listing_has_every_device_once_whatever_the_limit(client: TestClient) -> None:
    ids = [[device["device_id"] for device in everything(client, "/v1/devices", limit)[0]] for limit in (1, 7, 1000)]
    assert ids[0] == ids[1] == ids[2]
    assert len(set(ids[0])) == len(ids[0]) > 20


def test_a_cursor_works_only_as_it_was_issued(client: TestClient) -> None:
    cursor = client.get("/v1/devices", params={"limit": 1}).json()["next_cursor"]
    assert client.get("/v1/devices", params={"cursor": cursor}).status_code == 200
    for wrong in (cursor + "!", cursor[:-1], "made-up"):
        assert client.get("/v1/devices", params={"cursor": wrong}).json()["code"] == "invalid_cursor"
    assert client.get("/v1/sites", params={"cursor": cursor}).json()["code"] == "invalid_cursor"
    other = {"authorization": "Bearer campus-second-key"}
    assert client.get("/v1/devices", params={"cursor": cursor}, headers=other).json()["code"] == "invalid_cursor"


def test_a_listing_since_a_token_has_the_devices_that_left_the_filter(client: TestClient) -> None:
    camera = of_type(client, "camera")
    sites = [site for site in everything(client, "/v1/sites")[0] if site["org_id"] == camera["org_id"]]
    target = next(site["site_id"] for site in sites if site["site_id"] != camera["site_id"])
    _, token = everything(client, "/v1/devices", site_id=camera["site_id"])
    assert everything(client, "/v1/devices", site_id=camera["site_id"], since=token)[0] == []

    client.post(f"/sandbox/devices/{camera['device_id']}/move", json={"site_id": target})
    changes, token = everything(client, "/v1/devices", site_id=camera["site_id"], since=token)
    assert [(change["device_id"], change["site_id"]) for change in changes] == [(camera["device_id"], target)]

    assert client.delete(f"/sandbox/devices/{camera['device_id']}").status_code == 204
    assert everything(client, "/v1/devices", site_id=camera["site_id"], since=token)[0] == []
    _, other_token = everything(client, "/v1/devices", site_id=target)
    wrong = client.get("/v1/devices", params={"site_id": camera["site_id"], "since": other_token})
    assert wrong.json()["code"] == "invalid_sync_token"


def test_an_etag_changes_only_with_its_own_listing(client: TestClient) -> None:
    camera, door = of_type(client, "camera"), of_type(client, "door")
    site = f"/v1/devices?site_id={camera['site_id']}"
    etag = client.get(site).headers["etag"]
    assert client.get(site, headers={"if-none-match": etag}).status_code == 304
    client.post(f"/sandbox/devices/{camera['device_id']}/status", json={"status": "offline"})
    assert client.get(site, headers={"if-none-match": etag}).status_code == 200
    etag = client.get(f"/v1/devices/{door['device_id']}").headers["etag"]
    assert client.get(f"/v1/devices/{door['device_id']}", headers={"if-none-match": etag}).status_code == 304


def test_devices_behind_a_lost_connector_are_unknown_and_come_back(client: TestClient) -> None:
    gateway = of_type(client, "video_gateway")
    devices, _ = everything(client, "/v1/devices")
    behind = {device["device_id"] for device in devices if device.get("parent_device_id") == gateway["device_id"]}
    status = f"/sandbox/devices/{gateway['device_id']}/status"

    client.post(status, json={"status": "offline"})
    for device_id in behind:
        device = client.get(f"/v1/devices/{device_id}").json()
        assert (device["status"], device["status_reason"]) == ("unknown", "parent_unreachable")
    refused = client.post(f"/sandbox/devices/{min(behind)}/status", json={"status": "online"})
    assert refused.json()["code"] == "device_unreachable"

    client.post(status, json={"status": "online"})
    assert {client.get(f"/v1/devices/{device_id}").json()["status"] for device_id in behind} == {"online"}
    types = [event["type"].removeprefix("com.convergint.") for event in events(client)]
    changed = ["device.status_changed.v1"] * (1 + len(behind))
    assert types == ["connector.disconnected.v1", *changed, "connector.reconnected.v1", *changed]


def test_a_cleared_alarm_has_the_id_of_the_raised_one(client: TestClient) -> None:
    path = f"/sandbox/devices/{of_type(client, 'alarm_panel')['device_id']}/events"
    client.post(path, json={"type": "com.convergint.alarm.raised.v1", "data": {"alarm_type": "fire"}})
    client.post(path, json={"type": "com.convergint.alarm.cleared.v1"})
    raised, cleared = (event["data"] for event in events(client))
    assert raised["alarm_id"] == cleared["alarm_id"]
    assert raised["alarm_type"] == cleared["alarm_type"] == "fire"


def test_an_access_event_carries_no_card_number(client: TestClient) -> None:
    path = f"/sandbox/devices/{of_type(client, 'door')['device_id']}/events"
    credential = {"credential_id": "cred_1", "card_number": "4711"}
    client.post(path, json={"type": "com.convergint.access.denied.v1", "data": {"credential": credential}})
    assert events(client)[0]["data"]["credential"] == {"credential_id": "cred_1"}


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b'{"status": "sideways"}', 400, "invalid_body"),
        (b'{"status": "online"', 400, "malformed_body"),
        (b'{"status": "online", "more": NaN}', 400, "malformed_body"),
        (b'{"status": "online", "status_reason": "\\ud800"}', 400, "malformed_body"),
        (b"[" * 60_000, 400, "malformed_body"),
        (b" " * 65_537, 413, "payload_too_large"),
    ],
)
def test_a_wrong_body_is_refused(client: TestClient, body: bytes, status: int, code: str) -> None:
    path = f"/sandbox/devices/{of_type(client, 'camera')['device_id']}/status"
    answer = client.post(path, content=body, headers={"content-type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("limit=0", "invalid_limit"),
        ("limit=", "invalid_limit"),
        ("limit=1_0", "invalid_limit"),
        ("limit=1&limit=2", "invalid_parameter"),
        ("org_id=", "unknown_org"),
        ("site_id=nowhere", "unknown_site"),
        ("since=", "invalid_sync_token"),
    ],
)
def test_a_wrong_parameter_is_refused(client: TestClient, query: str, code: str) -> None:
    assert client.get(f"/v1/devices?{query}").json()["code"] == code


@pytest.mark.parametrize("after", ["2026-02-30T00:00:00Z", "2026-11-23T08:30:00 00:00", "yesterday", ""])
def test_a_wrong_moment_is_refused(client: TestClient, after: str) -> None:
    assert client.get("/v1/events", params={"after": after}).json()["code"] == "invalid_parameter"


def test_the_database_holds_no_key_and_no_secret(client: TestClient, store: Store) -> None:
    created = client.post("/v1/webhook-endpoints", json={"url": "https://hooks.example.com/"}).json()
    rotated = client.post(f"/v1/webhook-endpoints/{created['endpoint_id']}/rotate-secret").json()
    dump = "\n".join(store.db.iterdump())
    for secret in (created["secret"], rotated["secret"], "campus-sandbox-key"):
        assert secret not in dump


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.example.com/",
        "https://10.0.0.1/",
        "https://0x0a.1/",
        "https://167772161/",
        "https://[::ffff:10.0.0.1]/",
        "https://[64:ff9b::a00:1]/",
        "https://169.254.169.254/",
        "https://224.0.0.1/",
        "https://user@hooks.example.com/",
        "ftp://hooks.example.com/",
        "https:///",
    ],
)
def test_a_destination_that_is_not_public_is_refused(client: TestClient, url: str) -> None:
    answer = client.post("/v1/webhook-endpoints", json={"url": url})
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_destination")
