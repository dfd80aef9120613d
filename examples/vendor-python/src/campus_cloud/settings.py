"""Settings: from the command line what runs, from the environment what is secret."""

import argparse
import os
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

_PRODUCTION_SCHEDULE = "5,60,600,3600,21600,86400"
_SANDBOX_SCHEDULE = "1,3,9,27,81,600,3600,21600,86400"
_API_KEYS = {
    "sandbox": ("VENDOR_API_KEY", "campus-sandbox-key"),
    "other": ("VENDOR_SECOND_API_KEY", "campus-second-key"),
    "withdrawn": ("VENDOR_WITHDRAWN_API_KEY", "campus-withdrawn-key"),
    "production": ("VENDOR_PRODUCTION_API_KEY", "campus-production-key"),
}


@dataclass(frozen=True)
class Settings:
    listen: tuple[str, int]
    base_url: str | None
    database: str
    sandbox: bool
    retry_schedule: list[int]
    master_key: bytes = field(repr=False)
    api_keys: dict[str, str] = field(repr=False)


def read_settings(arguments: Sequence[str], environment: Mapping[str, str]) -> Settings:
    """Ends the program with what to change if a setting is wrong."""
    parser = argparse.ArgumentParser(prog="campus_cloud", description="A vendor's cloud in Python.")
    parser.add_argument("--listen", default="127.0.0.1:8630", help="address and port; port 0 picks a free one")
    parser.add_argument("--base-url", help="public URL of this server (default: http:// and the address)")
    parser.add_argument("--database", default="campus.db", help="SQLite file, created if it does not exist")
    parser.add_argument("--production", action="store_true", help="no sandbox control, no loopback destinations")
    parser.add_argument("--retry-schedule", help="seconds between the attempts of a delivery, with commas")
    given = parser.parse_args(arguments)
    schedule = given.retry_schedule or (_PRODUCTION_SCHEDULE if given.production else _SANDBOX_SCHEDULE)
    host, _, port = given.listen.rpartition(":")
    try:
        listen = (host or "127.0.0.1", int(port))
        retry_schedule = [int(wait) for wait in schedule.split(",")]
    except ValueError as error:
        parser.error(f"--listen is ADDRESS:PORT, and --retry-schedule is whole seconds with commas ({error})")
    api_keys = {
        tenant: environment.get(name) or ("" if given.production else demo_key)
        for tenant, (name, demo_key) in _API_KEYS.items()
    }
    if not api_keys["sandbox"] and not api_keys["production"]:
        parser.error("set VENDOR_PRODUCTION_API_KEY, for example to the output of `openssl rand -hex 32`")
    return Settings(
        listen=listen,
        base_url=given.base_url and given.base_url.rstrip("/"),
        database=given.database,
        sandbox=not given.production,
        retry_schedule=retry_schedule,
        master_key=_master_key(environment.get("VENDOR_MASTER_KEY"), Path(f"{given.database}.key")),
        api_keys={tenant: key for tenant, key in api_keys.items() if key},
    )


def _master_key(text: str | None, file: Path) -> bytes:
    """VENDOR_MASTER_KEY, or a key that the first start writes next to the database, readable only by this user."""
    if text is None:
        try:
            with open(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as new:
                new.write(secrets.token_hex(32))
        except FileExistsError:
            pass
        text = file.read_text("ascii").strip()
    try:
        key = bytes.fromhex(text)
    except ValueError:
        key = b""
    if len(key) < 32:
        raise SystemExit("VENDOR_MASTER_KEY is at least 32 bytes in hexadecimal, such as: openssl rand -hex 32")
    return key
