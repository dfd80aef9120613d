"""Listings in pages. Cursors and sync tokens are signed, so the server keeps no state for them."""

import base64
import hashlib
import hmac
import json
import uuid
from dataclasses import dataclass

from .devices import tombstone
from .moments import DAY, HOUR, Clock, nanoseconds, to_text
from .problems import Problem, invalid_parameter, unknown
from .store import Store

MAX_PAGE_SIZE = 1000
_DEFAULT_PAGE_SIZE = 100
_CURSOR_LIFETIME = HOUR
_TOKEN_LIFETIME = 30 * DAY
_TOMBSTONE_LIFETIME = 31 * DAY
_BACKFILL_DEPTH = 72 * HOUR
_FILTERS = ("org_id", "site_id", "system_id", "since", "after")


class Sealer:
    """Seals JSON into an opaque string that only the same credential can use again."""

    def __init__(self, key: bytes, clock: Clock) -> None:
        self._key, self._clock = key, clock

    def seal(self, purpose: str, credential_id: str, value: dict) -> str:
        raw = json.dumps(value | {"issued": self._clock.now()}, separators=(",", ":")).encode()
        return _encode(self._mac(purpose, credential_id, raw) + raw)

    def open(self, purpose: str, credential_id: str, text: str, lifetime: int) -> dict:
        """Raises ValueError for a string that was not sealed for this purpose, TimeoutError for an old one."""
        sealed = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        mac, raw = sealed[:16], sealed[16:]
        if _encode(sealed) != text:  # Python's decoder skips characters that are not base64
            raise ValueError("not written by seal")
        if not hmac.compare_digest(mac, self._mac(purpose, credential_id, raw)):
            raise ValueError("wrong seal")
        value = json.loads(raw)
        if self._clock.now() - value["issued"] > lifetime:
            raise TimeoutError
        return value

    def _mac(self, purpose: str, credential_id: str, raw: bytes) -> bytes:
        scope = f"{purpose}\0{credential_id}\0".encode()
        return hmac.digest(self._key, scope + raw, "sha256")[:16]


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


@dataclass(frozen=True)
class Caller:
    credential_id: str
    tenant: str
    sandbox: bool


@dataclass(frozen=True)
class Listing:
    """One page of a listing, and the ETag of the whole listing if this is its first page."""

    page: dict
    etag: str | None


class Listings:
    def __init__(self, store: Store, clock: Clock, sealer: Sealer) -> None:
        self._store, self._clock, self._sealer = store, clock, sealer

    def orgs(self, caller: Caller, query: dict[str, str]) -> Listing:
        where = "tenant = :tenant"
        return self._records("orgs", "org_id", where, caller, query, ())

    def sites(self, caller: Caller, query: dict[str, str]) -> Listing:
        self._require_org(caller, query)
        where = "org_id IN (SELECT org_id FROM orgs WHERE tenant = :tenant) AND (:org_id IS NULL OR org_id = :org_id)"
        return self._records("sites", "site_id", where, caller, query, ("org_id",))

    def _records(
        self, table: str, key: str, where: str, caller: Caller, query: dict[str, str], filters: tuple[str, ...]
    ) -> Listing:
        limit, state = self._position(table, caller, query, filters)
        values = {"tenant": caller.tenant, "org_id": query.get("org_id"), "last": state["last"], "limit": limit + 1}
        etag = None
        if "cursor" not in query:
            whole = self._store.db.execute(f"SELECT record FROM {table} WHERE {where} ORDER BY {key}", values)
            etag = _etag(row["record"] for row in whole)
        rows = self._store.db.execute(
            f"SELECT {key}, record FROM {table} WHERE {where} AND {key} > :last ORDER BY {key} LIMIT :limit", values
        ).fetchall()
        data = [json.loads(row["record"]) for row in rows[:limit]]
        last = rows[limit - 1][key] if len(rows) > limit else None
        return Listing(self._page(table, caller, query, filters, state, data, last), etag)

    def devices(self, caller: Caller, query: dict[str, str]) -> Listing:
        """The inventory, or with `since` what changed in it. A page continues after the last id of the page before."""
        filters = ("org_id", "site_id", "system_id", "since")
        self._require_org(caller, query)
        self._require_site(caller, query)
        self._require_system(caller, query)
        since = self._since(caller, query)
        limit, state = self._position("devices", caller, query, filters)
        values = {
            "tenant": caller.tenant,
            "org_id": query.get("org_id"),
            "site_id": query.get("site_id"),
            "system_id": query.get("system_id"),
            "since": since,
            "last": state["last"],
            "limit": limit + 1,
        }
        # A device that left the site since then is listed too, with its new site or as a tombstone.
        where = (
            "org_id IN (SELECT org_id FROM orgs WHERE tenant = :tenant) AND (:org_id IS NULL OR org_id = :org_id)"
            " AND (:system_id IS NULL OR system_id = :system_id)"
            " AND (:site_id IS NULL OR site_id = :site_id OR (:since IS NOT NULL AND device_id IN"
            " (SELECT device_id FROM moves WHERE left_site_id = :site_id AND seq > :since)))"
            " AND CASE WHEN :since IS NULL THEN removed_at IS NULL ELSE changed_seq > :since END"
        )
        etag = None
        if "cursor" not in query and since is None:
            whole = self._store.db.execute(
                f"SELECT device_id || ' ' || changed_seq AS version FROM devices WHERE {where} ORDER BY device_id",
                values,
            )
            etag = _etag(row["version"] for row in whole)
        rows = self._store.db.execute(
            f"SELECT * FROM devices WHERE {where} AND device_id > :last ORDER BY device_id LIMIT :limit", values
        ).fetchall()
        data = [
            tombstone(row, row["removed_at"]) if row["removed_at"] else json.loads(row["record"])
            for row in rows[:limit]
        ]
        last = rows[limit - 1]["device_id"] if len(rows) > limit else None
        page = self._page("devices", caller, query, filters, state, data, last)
        if last is None:
            scope = _scope(query, ("org_id", "site_id", "system_id"))
            page["sync_token"] = self._sealer.seal("sync", caller.credential_id, {"seq": state["seq"], "scope": scope})
        return Listing(page, etag)

    def events(self, caller: Caller, query: dict[str, str]) -> Listing:
        filters = ("org_id", "after")
        self._require_org(caller, query)
        after = self._after(query)
        limit, state = self._position("events", caller, query, filters)
        rows = self._store.db.execute(
            "SELECT seq, body FROM events WHERE org_id IN (SELECT org_id FROM orgs WHERE tenant = :tenant)"
            " AND (:org_id IS NULL OR org_id = :org_id) AND published_at >= :after"
            " AND seq > :last AND seq <= :newest ORDER BY seq LIMIT :limit",
            {
                "tenant": caller.tenant,
                "org_id": query.get("org_id"),
                "after": after,
                "last": state["last"] or 0,
                "newest": state["seq"],
                "limit": limit + 1,
            },
        ).fetchall()
        data = [json.loads(row["body"]) for row in rows[:limit]]
        last = rows[limit - 1]["seq"] if len(rows) > limit else None
        return Listing(self._page("events", caller, query, filters, state, data, last), None)

    def forget_old_tombstones(self) -> None:
        oldest = self._clock.now() - _TOMBSTONE_LIFETIME
        self._store.run("DELETE FROM devices WHERE removed_at < ?", oldest)
        self._store.run("DELETE FROM moves WHERE at < ?", oldest)

    def _position(self, kind: str, caller: Caller, query: dict[str, str], filters: tuple[str, ...]) -> tuple[int, dict]:
        """The page size, and where the page begins: after an item of the snapshot that page one fixed."""
        limit = _limit(query)
        if "cursor" not in query:
            seq, as_of = self._store.current_seq(), to_text(self._clock.now())
            return limit, {"snapshot": f"snap_{uuid.uuid4().hex}", "as_of": as_of, "seq": seq, "last": ""}
        try:
            state = self._sealer.open(kind, caller.credential_id, query["cursor"], _CURSOR_LIFETIME)
        except TimeoutError:
            raise Problem(410, "cursor_expired", "Cursor expired", "Start the listing again.") from None
        except ValueError:
            state = {}
        if state.get("scope") != _scope(query, filters):
            raise Problem(
                400,
                "invalid_cursor",
                "Invalid cursor",
                "Send the next_cursor of the page before, with the filters of the first page.",
            )
        return limit, state

    def _page(
        self,
        kind: str,
        caller: Caller,
        query: dict[str, str],
        filters: tuple[str, ...],
        state: dict,
        data: list[dict],
        last: str | int | None,
    ) -> dict:
        cursor = None
        if last is not None:
            position = {name: state[name] for name in ("snapshot", "as_of", "seq")}
            position |= {"last": last, "scope": _scope(query, filters)}
            cursor = self._sealer.seal(kind, caller.credential_id, position)
        return {
            "data": data,
            "next_cursor": cursor,
            "snapshot": {"id": state["snapshot"], "as_of": state["as_of"]},
        }

    def _since(self, caller: Caller, query: dict[str, str]) -> int | None:
        if "since" not in query:
            return None
        try:
            token = self._sealer.open("sync", caller.credential_id, query["since"], _TOKEN_LIFETIME)
        except TimeoutError:
            raise Problem(410, "sync_token_expired", "Sync token expired", "List the whole inventory.") from None
        except ValueError:
            token = {}
        if token.get("scope") != _scope(query, ("org_id", "site_id", "system_id")):
            raise Problem(
                400,
                "invalid_sync_token",
                "Invalid sync token",
                "Send the sync_token of an earlier listing, with the filters of that listing.",
            )
        return token["seq"]

    def _after(self, query: dict[str, str]) -> int:
        if "after" not in query:
            return 0
        try:
            after = -(-nanoseconds(query["after"]) // 1000)
        except ValueError:
            raise invalid_parameter("after: Send a timestamp in UTC, such as 2026-11-23T08:30:00Z.") from None
        if after < self._clock.now() - _BACKFILL_DEPTH:
            raise Problem(410, "backfill_expired", "Backfill expired", "Events are kept for 72 hours.")
        return after

    def _require_org(self, caller: Caller, query: dict[str, str]) -> None:
        if "org_id" in query and not self._store.one(
            "SELECT 1 FROM orgs WHERE org_id = ? AND tenant = ?", query["org_id"], caller.tenant
        ):
            raise unknown("org")

    def _require_site(self, caller: Caller, query: dict[str, str]) -> None:
        if "site_id" in query and not self._store.one(
            "SELECT 1 FROM sites JOIN orgs USING (org_id)"
            " WHERE site_id = ?1 AND tenant = ?2 AND (?3 IS NULL OR org_id = ?3)",
            query["site_id"],
            caller.tenant,
            query.get("org_id"),
        ):
            raise unknown("site")

    def _require_system(self, caller: Caller, query: dict[str, str]) -> None:
        if "system_id" in query and not self._store.one(
            "SELECT 1 FROM devices JOIN orgs USING (org_id) WHERE system_id = ? AND tenant = ?",
            query["system_id"],
            caller.tenant,
        ):
            raise unknown("system")


def _limit(query: dict[str, str]) -> int:
    text = query.get("limit", str(_DEFAULT_PAGE_SIZE))
    if not text.isascii() or not text.isdigit() or not text.strip("0"):
        raise Problem(400, "invalid_limit", "Invalid limit", "limit is a positive integer.")
    return MAX_PAGE_SIZE if len(text.lstrip("0")) > 9 else min(int(text), MAX_PAGE_SIZE)


def _scope(query: dict[str, str], filters: tuple[str, ...]) -> dict[str, str]:
    return {name: query[name] for name in _FILTERS if name in filters and name in query}


def _etag(versions: object) -> str:
    digest = hashlib.sha256()
    for version in versions:
        digest.update(version.encode() + b"\n")
    return f'W/"{digest.hexdigest()[:32]}"'
