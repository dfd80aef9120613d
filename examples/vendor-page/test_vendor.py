"""Tests of the vendor's cloud: `python3 -m unittest`."""

import base64
import hashlib
import hmac
import json
import threading
import time
import unittest
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, HTTPServer
from queue import Queue

from tokens import (
    SHA256_PREFIX,
    Credentials,
    InvalidToken,
    PublicKey,
    verify_token,
)
from vendor import Estate, Vendor, serve
from webhooks import Webhooks

# The primes of a key that only these tests use.
P = int(
    "f49633fe8718f696a821718745ab0229d23a3b8f9b796e5d74c4eaa20de81004"
    "b33ec990404d8d1c135e0909de3007f8baf85fdfdf90c864eda130795f520aaf"
    "d2f0191614169baa57b8f1d06f4a737818f5e9cc4faabc11e22d090c1262114b"
    "1a73eb375feb314796276db6c8b4b9c8351bf89b863a906ff6833470e9ca1ead",
    16,
)
Q = int(
    "cd86d02688e1fe13af7c7124b3441157d3ec85fb531bd5ceb88ea18848f2c805"
    "5fa3e792a51085b47c7cac6af64ad050063ac1984664f225e2504c8ba3d7d478"
    "f9c72fcfabd5e42f1b0dbdfa84d3f1ca51da6f55fad0e5f903facedf354278ee"
    "b31f2147ac27eb53dd5c7fc6869cf200222394ebbedb8e8d5cd2af1c756e975d",
    16,
)
N, E = P * Q, 65537
D = pow(E, -1, (P - 1) * (Q - 1))
NOW = 1_800_000_000


def der(tag: int, content: bytes) -> bytes:
    size = len(content)
    if size < 128:
        return bytes([tag, size]) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + content


def public_pem() -> str:
    numbers = b"".join(
        der(2, b"\x00" + n.to_bytes((n.bit_length() + 7) // 8, "big")) for n in (N, E)
    )
    algorithm = bytes.fromhex("300d06092a864886f70d0101010500")
    info = der(0x30, algorithm + der(3, b"\x00" + der(0x30, numbers)))
    text = base64.b64encode(info).decode()
    return f"-----BEGIN PUBLIC KEY-----\n{text}\n-----END PUBLIC KEY-----\n"


def encode(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def rsa_sign(message: bytes) -> bytes:
    digest = SHA256_PREFIX + hashlib.sha256(message).digest()
    padded = b"\x00\x01" + b"\xff" * (253 - len(digest)) + b"\x00" + digest
    return pow(int.from_bytes(padded, "big"), D, N).to_bytes(256, "big")


def token(header=None, **claims) -> str:
    payload = {"iss": "convergint", "iat": NOW, "exp": NOW + 600, **claims}
    parts = [header or {"alg": "RS256"}, payload]
    signed = ".".join(encode(json.dumps(part).encode()) for part in parts)
    return f"{signed}.{encode(rsa_sign(signed.encode()))}"


class Tokens(unittest.TestCase):
    key = PublicKey(public_pem())

    def refused(self, text: str, now: float = NOW) -> str:
        with self.assertRaises(InvalidToken) as caught:
            verify_token(text, self.key, now)
        return str(caught.exception)

    def test_accepts_a_token_of_the_consumer(self):
        verify_token(token(), self.key, NOW)
        verify_token(token(), self.key, NOW + 600)

    def test_refuses_another_signature(self):
        signed, _, signature = token().rpartition(".")
        other = token(sub="x").rpartition(".")[2]
        for wrong in (other, signature[:-4], "", encode(b"\x00" * 256)):
            self.assertIn("signature", self.refused(f"{signed}.{wrong}"))

    def test_refuses_other_algorithms(self):
        for header in ({"alg": "none"}, {"alg": "HS256"}, {"alg": "RS256", "crit": []}):
            self.assertIn("RS256", self.refused(token(header)))

    def test_refuses_a_token_that_is_not_valid_now(self):
        self.assertIn("clock", self.refused(token(), NOW + 661))
        self.assertIn("clock", self.refused(token(), NOW - 61))

    def test_refuses_wrong_claims(self):
        self.assertIn("hour", self.refused(token(exp=NOW + 3601)))
        self.assertIn("issuer", self.refused(token(iss="someone")))
        for wrong in (None, "soon", True, float("nan")):
            self.assertIn("iat and exp", self.refused(token(exp=wrong)))

    def test_refuses_what_is_no_token(self):
        for text in ("", "a.b", "a.b.c", "....", encode(b"[]") + "." * 2):
            self.assertIn("not a JWT", self.refused(text))

    def test_refuses_a_short_key(self):
        with self.assertRaises(ValueError):
            PublicKey("-----BEGIN RSA PRIVATE KEY-----\n\n-----END-----")


class Receiver:
    """A consumer's endpoint that answers with the given statuses, then 200."""

    def __init__(self, *statuses):
        received, answers = Queue(), list(statuses)

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                received.put((self.headers, body))
                self.send_response(answers.pop(0) if answers else 200)
                self.send_header("Location", "/elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.received = received
        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"
        threading.Thread(
            target=self.server.serve_forever, args=(0.01,), daemon=True
        ).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class Cloud(unittest.TestCase):
    def setUp(self):
        self.estate = Estate()
        self.first, self.second = self.estate.account_ids.values()
        credentials = Credentials()
        credentials.add_api_key("first-key", self.first)
        credentials.add_api_key("second-key", self.second)
        credentials.add_public_key(PublicKey(public_pem()), self.first)
        webhooks = Webhooks(retry_delays=(0, 0))
        vendor = Vendor(self.estate, credentials, webhooks)
        self.server = serve(vendor, "127.0.0.1", 0, simulation=True)
        threading.Thread(
            target=self.server.serve_forever, args=(0.01,), daemon=True
        ).start()
        self.addCleanup(self.server.server_close)
        self.addCleanup(self.server.shutdown)

    def call(self, method, path, body=None, key="first-key"):
        connection = HTTPConnection("127.0.0.1", self.server.server_port)
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        text = None if body is None else json.dumps(body)
        connection.request(method, path, text, headers)
        response = connection.getresponse()
        answer = response.read()
        connection.close()
        return response.status, json.loads(answer) if answer else None

    def get(self, path, key="first-key"):
        status, value = self.call("GET", path, key=key)
        self.assertEqual(status, 200, value)
        return value

    def endpoint(self, *statuses):
        receiver = Receiver(*statuses)
        self.addCleanup(receiver.close)
        status, webhook = self.call("POST", "/webhooks", {"url": receiver.url})
        self.assertEqual(status, 201)
        return receiver, webhook

    def any_device(self):
        site = self.get("/api/v1/account/sites")["sites"][0]["site_id"]
        return self.get(f"/api/v1/sites/{site}/inventory?per_page=1")["devices"][0]

    def test_a_credential_belongs_to_one_account(self):
        account = self.get("/api/v1/account")
        self.assertEqual(
            account, {"account_id": self.first, "name": "Harbor Logistics"}
        )
        other = self.get("/api/v1/account", "second-key")
        self.assertEqual(other["name"], "Alder Clinics")

    def test_a_signed_token_reads_too(self):
        fresh = int(time.time())
        self.get("/api/v1/account", token(iat=fresh, exp=fresh + 60))

    def test_no_credential_reads_nothing(self):
        for key in (None, "wrong", token(iat=1, exp=2)):
            status, answer = self.call("GET", "/api/v1/account", key=key)
            self.assertEqual(status, 401)
            self.assertIn("error", answer)

    def test_pages_hold_every_device_once(self):
        sites = self.get("/api/v1/account/sites?page=1&per_page=50")
        self.assertEqual(sites["pagination"]["total_count"], 3)
        site_id = sites["sites"][0]["site_id"]
        pages = [
            self.get(f"/api/v1/sites/{site_id}/inventory?page={page}&per_page=50")
            for page in (1, 2, 3, 4)
        ]
        self.assertEqual([len(page["devices"]) for page in pages], [50, 50, 30, 0])
        ids = {d["device_id"] for page in pages for d in page["devices"]}
        self.assertEqual(len(ids), 130)
        self.assertEqual(
            pages[1]["pagination"],
            {"page": 2, "per_page": 50, "total_pages": 3, "total_count": 130},
        )

    def test_a_page_is_at_most_100_devices(self):
        site_id = self.get("/api/v1/account/sites")["sites"][0]["site_id"]
        page = self.get(f"/api/v1/sites/{site_id}/inventory?per_page=5000")
        self.assertEqual(page["pagination"]["per_page"], 100)
        for wrong in ("page=0", "per_page=-1", "page=x"):
            path = f"/api/v1/sites/{site_id}/inventory?{wrong}"
            self.assertEqual(self.call("GET", path)[0], 400)

    def test_another_account_sees_no_site(self):
        site_id = self.get("/api/v1/account/sites")["sites"][0]["site_id"]
        path = f"/api/v1/sites/{site_id}/inventory"
        self.assertEqual(self.call("GET", path, key="second-key")[0], 404)

    def test_a_changed_status_is_posted_and_signed(self):
        receiver, webhook = self.endpoint()
        device = self.any_device()
        path = f"/simulation/devices/{device['device_id']}"
        self.call("PUT", path, {"status": "offline"}, key=None)
        headers, body = receiver.received.get(timeout=30)
        secret = webhook["secret"].encode()
        expected = "sha256=" + hmac.new(secret, body, hashlib.sha256).hexdigest()
        self.assertEqual(headers["X-Webhook-Signature"], expected)
        self.assertLess(abs(int(headers["X-Webhook-Timestamp"]) - time.time()), 60)
        event = json.loads(body)
        self.assertEqual(event["event_type"], "health")
        self.assertEqual(event["account_id"], self.first)
        self.assertEqual(event["device_id"], device["device_id"])
        self.assertEqual(event["data"], {"status": "offline"})
        self.assertEqual(self.any_device()["status"], "offline")

    def test_a_refused_delivery_is_retried_with_the_same_event(self):
        receiver, _ = self.endpoint(503, 302)
        path = f"/simulation/devices/{self.any_device()['device_id']}"
        self.call("PUT", path, {"status": "degraded"}, key=None)
        bodies = {receiver.received.get(timeout=30)[1] for _ in range(3)}
        self.assertEqual(len(bodies), 1)

    def test_an_account_manages_its_webhooks(self):
        _, webhook = self.endpoint()
        listed = self.get("/webhooks")["webhooks"]
        self.assertEqual(listed, [{"id": webhook["id"], "url": webhook["url"]}])
        self.assertEqual(self.get("/webhooks", "second-key"), {"webhooks": []})
        path = f"/webhooks/{webhook['id']}"
        self.assertEqual(self.call("DELETE", path, key="second-key")[0], 404)
        self.assertEqual(self.call("DELETE", path)[0], 204)
        self.assertEqual(self.get("/webhooks"), {"webhooks": []})
        wrong = {"url": "file:///etc/passwd"}
        self.assertEqual(self.call("POST", "/webhooks", wrong)[0], 400)

    def test_ids_survive_a_restart(self):
        self.assertEqual(Estate().account_ids, self.estate.account_ids)
        self.assertEqual(Estate().sites(self.first), self.estate.sites(self.first))


if __name__ == "__main__":
    unittest.main()
