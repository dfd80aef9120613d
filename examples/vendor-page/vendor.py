"""A vendor's cloud, written from Convergint's page for vendors and nothing else.

Run `python3 vendor.py --help`. The account, its sites and the inventory by site are
read with an API key or a JWT; changes of a device's status are posted as health events.
"""

import argparse
import json
import math
import os
import re
import sys
import threading
import time
import uuid
from datetime import datetime, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from tokens import Credentials, InvalidToken, PublicKey
from webhooks import Webhooks, health_event

MAX_PER_PAGE = 100
MAX_BODY_BYTES = 64 * 1024
STATUSES = ("online", "degraded", "offline")

# Ids are derived from names, so that they survive a restart.
IDS = uuid.UUID("5a1d8f7c-0b52-4d0e-9a44-6f3c21e7d890")

SITES = {
    "Harbor Logistics": [
        ("North Terminal", "4 Quay Road, Duluth, MN 55802", "America/Chicago", 130),
        ("Cold Storage", "77 Pier Street, Duluth, MN 55802", "America/Chicago", 12),
        ("Head Office", "210 Lake Avenue, Duluth, MN 55802", "America/Chicago", 5),
    ],
    "Alder Clinics": [
        ("Day Clinic", "15 Alder Lane, Boise, ID 83702", "America/Boise", 9),
    ],
}
KINDS = (
    ("camera", "Camera", "VC-2100"),
    ("door_controller", "Door controller", "AC-80"),
    ("intercom", "Intercom", "IC-7"),
    ("nvr", "Recorder", "NR-16"),
)


def now_text() -> str:
    return datetime.now(timezone.utc).isoformat(timespec="milliseconds")


class Estate:
    """Accounts, sites and devices in memory. Every access is under one lock."""

    def __init__(self, sites=None):
        self._lock = threading.Lock()
        self.accounts: dict[str, dict] = {}
        self.account_ids: dict[str, str] = {}
        for name, places in (sites or SITES).items():
            account_id = str(uuid.uuid5(IDS, name))
            self.account_ids[name] = account_id
            self.accounts[account_id] = {
                "name": name,
                "sites": [self._site(name, *place) for place in places],
            }

    @staticmethod
    def _site(account: str, name: str, address: str, zone: str, size: int) -> dict:
        site_id = str(uuid.uuid5(IDS, f"{account}/{name}"))
        devices = {}
        for number in range(1, size + 1):
            kind, label, model = KINDS[number % len(KINDS)]
            device_id = str(uuid.uuid5(IDS, f"{site_id}/{number}"))
            devices[device_id] = {
                "device_id": device_id,
                "name": f"{label} {number}",
                "type": kind,
                "status": "online",
                "mac_address": f"02:5e:{site_id[:2]}:{site_id[2:4]}:00:{number:02x}",
                "site_id": site_id,
                "ip_address": f"10.20.{number // 200}.{number % 200 + 10}",
                "hostname": f"{kind.replace('_', '-')}-{number}.example",
                "model": model,
                "firmware_version": "5.2.1",
                "last_seen": now_text(),
                "system_id": f"{name.lower().replace(' ', '-')}-1",
            }
        site = {"site_id": site_id, "name": name, "address": address, "timezone": zone}
        return {"site": site, "devices": devices}

    def account(self, account_id: str) -> dict:
        return {"account_id": account_id, "name": self.accounts[account_id]["name"]}

    def sites(self, account_id: str) -> list[dict]:
        return [place["site"] for place in self.accounts[account_id]["sites"]]

    def devices(self, account_id: str, site_id: str) -> list[dict] | None:
        """The devices of a site; None if the account has no such site."""
        with self._lock:
            for place in self.accounts[account_id]["sites"]:
                if place["site"]["site_id"] == site_id:
                    return [dict(device) for device in place["devices"].values()]
        return None

    def set_status(self, device_id: str, status: str) -> tuple[str, dict] | None:
        """Change a device's status; return its account and the device, if it exists."""
        with self._lock:
            for account_id, account in self.accounts.items():
                for place in account["sites"]:
                    device = place["devices"].get(device_id)
                    if device:
                        device["status"] = status
                        if status != "offline":
                            device["last_seen"] = now_text()
                        return account_id, dict(device)
        return None

    def remove(self, device_id: str) -> bool:
        with self._lock:
            for account in self.accounts.values():
                for place in account["sites"]:
                    if place["devices"].pop(device_id, None):
                        return True
        return False


class Problem(Exception):
    """A request that cannot be answered."""

    def __init__(self, status: int, message: str):
        super().__init__(message)
        self.status = status


def page_of(items: list[dict], query: dict, name: str, per_page: int) -> dict:
    """One page of a list, with the totals that tell the reader whether it changed."""
    page = _number(query, "page", 1, None)
    per_page = _number(query, "per_page", per_page, MAX_PER_PAGE)
    start = (page - 1) * per_page
    return {
        name: items[start : start + per_page],
        "pagination": {
            "page": page,
            "per_page": per_page,
            "total_pages": math.ceil(len(items) / per_page),
            "total_count": len(items),
        },
    }


def _number(query: dict, name: str, default: int, maximum: int | None) -> int:
    text = query.get(name, [str(default)])[-1]
    if not re.fullmatch(r"[1-9][0-9]{0,8}", text):
        raise Problem(400, f"{name} must be a number from 1.")
    return min(int(text), maximum) if maximum else int(text)


class Vendor:
    """What the cloud does, without HTTP: a method for each endpoint."""

    def __init__(self, estate: Estate, credentials: Credentials, webhooks: Webhooks):
        self.estate = estate
        self.credentials = credentials
        self.webhooks = webhooks

    def get_account(self, account_id, _query, _body):
        return 200, self.estate.account(account_id)

    def get_sites(self, account_id, query, _body):
        return 200, page_of(self.estate.sites(account_id), query, "sites", 50)

    def get_inventory(self, account_id, query, _body, site_id):
        devices = self.estate.devices(account_id, site_id)
        if devices is None:
            raise Problem(404, "This account has no such site.")
        return 200, page_of(devices, query, "devices", 100)

    def post_webhook(self, account_id, _query, body):
        url = body.get("url") if isinstance(body, dict) else None
        if not isinstance(url, str) or urlsplit(url).scheme not in ("http", "https"):
            raise Problem(400, 'Send {"url": "https://…"}.')
        endpoint = self.webhooks.add(account_id, url)
        # The only response with the secret: it cannot be read again.
        return 201, {"id": endpoint.id, "url": url, "secret": endpoint.secret}

    def get_webhooks(self, account_id, _query, _body):
        endpoints = self.webhooks.of(account_id)
        return 200, {"webhooks": [{"id": e.id, "url": e.url} for e in endpoints]}

    def delete_webhook(self, account_id, _query, _body, endpoint_id):
        if not self.webhooks.remove(account_id, endpoint_id):
            raise Problem(404, "This account has no such webhook.")
        return 204, None

    def put_status(self, _account_id, _query, body, device_id):
        """The device's side: a simulated device reports its status."""
        status = body.get("status") if isinstance(body, dict) else None
        if status not in STATUSES:
            raise Problem(400, f"status must be one of {', '.join(STATUSES)}.")
        found = self.estate.set_status(device_id, status)
        if not found:
            raise Problem(404, "No such device.")
        account_id, device = found
        event = health_event(device, account_id, now_text())
        self.webhooks.send(account_id, event)
        return 200, event

    def delete_device(self, _account_id, _query, _body, device_id):
        if not self.estate.remove(device_id):
            raise Problem(404, "No such device.")
        return 204, None


ID = r"([0-9a-f-]{36})"
ROUTES = (
    ("GET", r"/api/v1/account", Vendor.get_account),
    ("GET", r"/api/v1/account/sites", Vendor.get_sites),
    ("GET", rf"/api/v1/sites/{ID}/inventory", Vendor.get_inventory),
    ("POST", r"/webhooks", Vendor.post_webhook),
    ("GET", r"/webhooks", Vendor.get_webhooks),
    ("DELETE", rf"/webhooks/{ID}", Vendor.delete_webhook),
)
# The side of the devices: not part of the API that a consumer reads.
SIMULATION = (
    ("PUT", rf"/simulation/devices/{ID}", Vendor.put_status),
    ("DELETE", rf"/simulation/devices/{ID}", Vendor.delete_device),
)


def serve(vendor: Vendor, host: str, port: int, simulation: bool):
    """Listen; return the server, whose `serve_forever` answers requests."""
    routes = ROUTES + (SIMULATION if simulation else ())

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 30

        def answer(self):
            try:
                status, value = self.result()
            except Problem as problem:
                status, value = problem.status, {"error": str(problem)}
            except InvalidToken as error:
                status, value = 401, {"error": str(error)}
            body = b"" if value is None else json.dumps(value).encode()
            self.send_response(status)
            if status == 401:
                self.send_header("WWW-Authenticate", "Bearer")
            if value is not None:
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_PUT = do_DELETE = answer

        def result(self):
            body = self.read_body()
            url = urlsplit(self.path)
            for method, pattern, action in routes:
                match = re.fullmatch(pattern, url.path)
                if method == self.command and match:
                    account_id = None
                    if (method, pattern, action) not in SIMULATION:
                        header = self.headers.get("Authorization")
                        account_id = vendor.credentials.account_of(header, time.time())
                    query = parse_qs(url.query)
                    return action(vendor, account_id, query, body, *match.groups())
            raise Problem(404, "No such resource.")

        def read_body(self):
            length = self.headers.get("Content-Length") or "0"
            if not length.isdecimal() or int(length) > MAX_BODY_BYTES:
                self.close_connection = True
                raise Problem(413, f"Send at most {MAX_BODY_BYTES} bytes.")
            body = self.rfile.read(int(length))
            try:
                return json.loads(body) if body else None
            except (ValueError, RecursionError):
                raise Problem(400, "The body is not JSON.") from None

        def log_message(self, *_):
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

    return Server((host, port), Handler)


def read_credentials(estate: Estate, environment) -> Credentials:
    """API keys and public keys, from the environment."""
    credentials = Credentials()
    first, second = estate.account_ids.values()
    credentials.add_api_key(environment.get("VENDOR_API_KEY", "harbor-key"), first)
    credentials.add_api_key(
        environment.get("VENDOR_SECOND_API_KEY", "alder-key"), second
    )
    if path := environment.get("VENDOR_PUBLIC_KEY_FILE"):
        credentials.add_public_key(PublicKey(Path(path).read_text()), first)
    return credentials


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8630, help="0 takes a free port")
    parser.add_argument("--webhook-url", help="register this URL for the first account")
    parser.add_argument(
        "--simulation",
        action="store_true",
        help="let anyone change devices at /simulation; never do this in production",
    )
    options = parser.parse_args()
    estate, webhooks = Estate(), Webhooks()
    credentials = read_credentials(estate, os.environ)
    if options.webhook_url:
        secret = os.environ.get("VENDOR_WEBHOOK_SECRET")
        if not secret:
            sys.exit("Set VENDOR_WEBHOOK_SECRET to the secret of the webhook.")
        first = next(iter(estate.accounts))
        webhooks.add(first, options.webhook_url, secret)
    vendor = Vendor(estate, credentials, webhooks)
    server = serve(vendor, options.host, options.port, options.simulation)
    host, port = server.server_address[:2]
    print(f"http://{host}:{port}", flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass


if __name__ == "__main__":
    main()
