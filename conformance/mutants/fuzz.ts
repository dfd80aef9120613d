import type { Operator } from "./subjects/operator.ts";
import type { Answer, Behaviour, SeenRequest, VendorMutant } from "./subjects/vendor-mutant.ts";

/** The reference vendor with a defect that a run does not look for, but random calls find. */
export interface FuzzMutant extends VendorMutant {
  /** A seed with which the defect is found within 300 calls; `pnpm fuzz-campus --seeds` finds one. */
  readonly seed: number;
}

/** Answers with a problem. */
function refuse(answer: Answer, status: number, code: string, detail = "Try again later."): void {
  answer.status = status;
  answer.headers = { "content-type": "application/problem+json" };
  answer.body = { type: "about:blank", title: code, status, detail, code };
}

/** Answers 500 to the requests that match. */
const crashOn = (matches: (request: SeenRequest) => boolean): Behaviour => ({
  answer(answer, request) {
    if (matches(request)) refuse(answer, 500, "internal_error");
  },
});

/** Answers 500 to the bodies that match, and does nothing with them. */
const crashOnBody = (matches: (body: Answer["body"], path: string) => boolean): Behaviour => ({
  read(body, path) {
    if (!matches(body, path)) return;
    // Removes every member of the body. The vendor refuses an empty body, and the mutant turns that refusal
    // into a crash.
    for (const name of Object.keys(body)) delete body[name];
    body.isCrash = true;
  },
  answer(answer, { sent }) {
    if ((sent as Answer["body"])?.isCrash === true) refuse(answer, 500, "internal_error");
  },
});

/** Remembers the cursors and tokens that the vendor issued. */
function createIssued() {
  const cursors = new Set<string>();
  const tokens = new Set<string>();
  return {
    cursors,
    tokens,
    answer({ body }: Answer): void {
      if (typeof body?.next_cursor === "string") cursors.add(body.next_cursor);
      if (typeof body?.sync_token === "string") tokens.add(body.sync_token);
    },
  };
}

/**
 * Reads a cursor or token in a lenient way. @param find returns the issued text that the vendor accepts in
 * place of a text
 */
function readLeniently(
  name: "cursor" | "since",
  find: (text: string, issued: ReadonlySet<string>) => string | undefined,
): Behaviour {
  const issued = createIssued();
  return {
    receive({ query }) {
      const text = query[name];
      if (text !== undefined)
        query[name] = find(text, name === "cursor" ? issued.cursors : issued.tokens) ?? text;
    },
    answer: issued.answer,
  };
}

/** Remembers the ids that the vendor listed. */
function createIds() {
  const ids = new Set<string>();
  return {
    ids,
    answer({ status, body }: Answer): void {
      if (status !== 200 || !Array.isArray(body?.data)) return;
      for (const item of body.data)
        for (const id of [item.org_id, item.site_id, item.device_id, item.system_id])
          if (typeof id === "string") ids.add(id);
    },
  };
}

/** Treats an id as another id that was listed. */
function confuseIds(
  place: "device in the path" | "site_id" | "system_id",
  find: (text: string, ids: ReadonlySet<string>) => string | undefined,
): Behaviour {
  const { ids, answer } = createIds();
  const prefix = "/v1/devices/";
  return {
    receive(request) {
      const { path, query } = request;
      if (place !== "device in the path") {
        const id = query[place];
        if (id !== undefined) query[place] = find(id, ids) ?? id;
        return;
      }
      if (!path.startsWith(prefix)) return;
      try {
        const found = find(decodeURIComponent(path.slice(prefix.length)), ids);
        if (found !== undefined) request.path = prefix + encodeURIComponent(found);
      } catch {
        // An id that cannot be decoded is no other id.
      }
    },
    answer,
  };
}

/** Omits the last item of a listing if the limit equals the number of items. */
const losesTheLast = (path: "/v1/orgs" | "/v1/sites"): Behaviour => ({
  answer({ status, body }, request) {
    if (status !== 200 || request.path !== path || request.query["org_id"] !== undefined) return;
    delete body.snapshot.total_count;
    if (
      body.data.length > 1 &&
      Number(request.query["limit"]) === body.data.length &&
      body.next_cursor === null
    )
      body.data.pop();
  },
});

const isDeep = (value: unknown, depth = 0): boolean =>
  depth > 90 ||
  (typeof value === "object" &&
    value !== null &&
    Object.values(value).some((each) => isDeep(each, depth + 1)));

const mutant = (
  breaks: string,
  operator: Operator,
  seed: number,
  defect: string,
  behaviour: VendorMutant["behaviour"],
): FuzzMutant => ({ breaks, operator, seed, defect, behaviour });

/**
 * Mutants that only fuzzing finds, by name. A run passes them, because it does not make these calls.
 *
 * @see fuzz.runs.test.ts
 */
export const fuzzMutants: Readonly<Record<string, FuzzMutant>> = {
  "page-008-beyond-exact-numbers": mutant(
    "PAGE-008",
    "boundary",
    2,
    "a limit of 2^53 or more causes a server error",
    () => crashOn(({ query }) => /^\d{16,}$/.test(query["limit"] ?? "") && Number(query["limit"]) >= 2 ** 53),
  ),
  "page-007-reads-the-beginning": mutant(
    "PAGE-007",
    "plain",
    2,
    "a limit that only begins with a number is read as that number",
    () => ({
      receive({ query }) {
        const [, digits] = /^([1-9]\d*)[^\d.]/.exec(query["limit"] ?? "") ?? [];
        if (digits !== undefined) query["limit"] = digits;
      },
    }),
  ),
  "page-007-takes-the-last-limit": mutant(
    "PAGE-007",
    "combination",
    1,
    "if a call has two limits, the last one counts",
    () => ({
      receive(request) {
        const { url } = request;
        if (url.match(/[?&]limit=/g)?.length === 2) request.takesLast = true;
      },
    }),
  ),
  "page-005-ignores-a-suffix": mutant("PAGE-005", "plain", 3, "a cursor with text after it is accepted", () =>
    readLeniently("cursor", (text, issued) => [...issued].find((each) => text.startsWith(each))),
  ),
  "page-005-ignores-case": mutant("PAGE-005", "plain", 3, "a cursor in capital letters is accepted", () =>
    readLeniently("cursor", (text, issued) => [...issued].find((each) => each.toUpperCase() === text)),
  ),
  "page-005-decodes-leniently": mutant(
    "PAGE-005",
    "plain",
    3,
    "a cursor with a character that base64 does not use is accepted",
    () => readLeniently("cursor", (text) => text.replaceAll("~", "")),
  ),
  "sync-006-ignores-a-suffix": mutant(
    "SYNC-006",
    "plain",
    5,
    "a sync token with text after it is accepted",
    () => readLeniently("since", (text, issued) => [...issued].find((each) => text.startsWith(each))),
  ),
  "sync-006-takes-a-cursor": mutant(
    "SYNC-006",
    "combination",
    3,
    "a cursor in place of a sync token lists everything",
    () => {
      const issued = createIssued();
      return {
        receive({ query }) {
          if (issued.cursors.has(query["since"] ?? "")) delete query["since"];
        },
        answer: issued.answer,
      };
    },
  ),
  "inv-004-trims": mutant("INV-004", "plain", 16, "spaces around a site id are ignored", () =>
    confuseIds("site_id", (text) => text.trim()),
  ),
  "inv-004-ignores-case": mutant(
    "INV-004",
    "plain",
    5,
    "a site id in another letter case finds the site",
    () =>
      confuseIds("site_id", (text, ids) => [...ids].find((id) => id.toLowerCase() === text.toLowerCase())),
  ),
  "inv-004-takes-the-last-site": mutant(
    "INV-004",
    "combination",
    11,
    "if a call has two site ids, the last one counts",
    () => ({
      receive(request) {
        if (request.url.match(/[?&]site_id=/g)?.length === 2) request.takesLast = true;
      },
    }),
  ),
  "inv-022-ignores-case": mutant(
    "INV-022",
    "plain",
    8,
    "a system id in another letter case finds the system",
    () =>
      confuseIds("system_id", (text, ids) => [...ids].find((id) => id.toLowerCase() === text.toLowerCase())),
  ),
  "inv-021-encoded-id": mutant(
    "INV-021",
    "plain",
    1,
    "a filter by a percent-encoded system id lists one device less",
    () => ({
      answer({ status, body }, { path, url }) {
        if (status !== 200 || path !== "/v1/devices" || !/system_id=%/.test(url)) return;
        if (!/since=/.test(url) && body.next_cursor === null) {
          body.data.pop();
          delete body.snapshot.total_count;
        }
      },
    }),
  ),
  "inv-003-encoded-name": mutant(
    "INV-003",
    "plain",
    4,
    "a site filter whose name is percent-encoded is ignored",
    () => ({
      receive({ query, url }) {
        if (url.includes("%73ite_id=")) delete query["site_id"];
      },
    }),
  ),
  "inv-005-encoded-id": mutant(
    "INV-005",
    "plain",
    1,
    "a device id with percent-encoded letters finds no device",
    () => ({
      receive(request) {
        if (/^\/v1\/devices\/(?:%[36][0-9a-f]){8}/.test(request.url)) request.path = "/v1/devices/none";
      },
    }),
  ),
  "inv-006-ignores-case": mutant(
    "INV-006",
    "plain",
    4,
    "a device id in another letter case finds the device",
    () =>
      confuseIds("device in the path", (text, ids) =>
        [...ids].find((id) => id.toLowerCase() === text.toLowerCase()),
      ),
  ),
  "inv-006-finds-by-beginning": mutant(
    "INV-006",
    "boundary",
    5,
    "a device id without its last character finds the device",
    () => confuseIds("device in the path", (text, ids) => [...ids].find((id) => id.slice(0, -1) === text)),
  ),
  "inv-006-nul": mutant(
    "INV-006",
    "boundary",
    2,
    "a device id with a NUL character causes a server error",
    () => crashOn(({ path }) => path.startsWith("/v1/devices/") && path.includes("%00")),
  ),
  "inv-006-long-id": mutant(
    "INV-006",
    "boundary",
    3,
    "a device id of more than 255 characters causes a server error",
    () => crashOn(({ path }) => path.length > "/v1/devices/".length + 255),
  ),
  "org-001-limit-at-the-size": mutant(
    "ORG-001",
    "boundary",
    1,
    "with a limit of exactly the number of orgs, the last org is missing",
    () => losesTheLast("/v1/orgs"),
  ),
  "site-007-limit-at-the-size": mutant(
    "SITE-007",
    "boundary",
    7,
    "with a limit of exactly the number of sites, the last site is missing",
    () => losesTheLast("/v1/sites"),
  ),
  "auth-002-compares-the-beginning": mutant(
    "AUTH-002",
    "boundary",
    1,
    "a key with text after it is accepted",
    ({ apiKey }) => ({
      receive({ headers }) {
        if (String(headers["authorization"]).startsWith(`Bearer ${apiKey}`))
          headers["authorization"] = `Bearer ${apiKey}`;
      },
    }),
  ),
  "auth-002-forgets-the-end": mutant(
    "AUTH-002",
    "boundary",
    4,
    "a key without its last character is accepted",
    ({ apiKey }) => ({
      receive({ headers }) {
        if (headers["authorization"] === `Bearer ${apiKey.slice(0, -1)}`)
          headers["authorization"] = `Bearer ${apiKey}`;
      },
    }),
  ),
  "err-001-other-methods": mutant(
    "ERR-001",
    "scope",
    1,
    "PUT and PATCH are refused without a problem",
    () => ({
      answer(answer, { method }) {
        if (answer.status !== 405 || (method !== "PUT" && method !== "PATCH")) return;
        answer.headers = { "content-type": "application/json" };
        answer.body = { message: "Method Not Allowed" };
      },
    }),
  ),
  "err-001-stack-trace": mutant(
    "ERR-001",
    "plain",
    5,
    "the refusal of an id with a quotation mark repeats the database's error message",
    () => ({
      answer(answer, { path }) {
        if (answer.status === 404 && /%27|'/.test(path)) answer.body.detail = 'syntax error at or near "OR"';
      },
    }),
  ),
  "err-003-patch": mutant(
    "ERR-003",
    "scope",
    8,
    "PATCH of a device is answered 200 and changes nothing",
    () => ({
      receive(request) {
        if (request.method === "PATCH" && request.path.startsWith("/v1/devices/")) request.method = "GET";
      },
    }),
  ),
  "inv-019-any-known-etag": mutant(
    "INV-019",
    "staleness",
    1,
    "the ETag of another call is answered with 304",
    () => {
      const issued = new Map<string, string>();
      return {
        answer(answer, { headers, url }) {
          const held = String(headers["if-none-match"]);
          const of = issued.get(held);
          if (answer.status === 200 && of !== undefined && of !== url && !url.includes("cursor=")) {
            answer.status = 304;
            answer.body = null;
          } else if (
            answer.headers["etag"] !== undefined &&
            answer.status === 200 &&
            !issued.has(answer.headers["etag"])
          )
            issued.set(answer.headers["etag"], url);
        },
      };
    },
  ),
  "evt-023-nanoseconds": mutant(
    "EVT-023",
    "boundary",
    5,
    "an `after` with more than six digits of fraction causes a server error",
    () => crashOn(({ path, query }) => path === "/v1/events" && /\.\d{7,}Z$/.test(query["after"] ?? "")),
  ),
  "err-003-after-without-zone": mutant(
    "ERR-003",
    "plain",
    9,
    "an `after` without a time zone is accepted",
    () => ({
      receive({ path, query }) {
        if (path === "/v1/events" && /T[\d:.]+$/.test(query["after"] ?? "")) query["after"] += "Z";
      },
    }),
  ),
  "sec-006-deletes-twice": mutant(
    "SEC-006",
    "persistence",
    1,
    "the deletion of a deleted endpoint is answered 204",
    () => {
      const deleted = new Set<string>();
      return {
        answer(answer, { method, path }) {
          if (method !== "DELETE" || !path.startsWith("/v1/webhook-endpoints/")) return;
          if (answer.status === 204) deleted.add(path);
          if (answer.status === 404 && deleted.has(path))
            Object.assign(answer, { status: 204, headers: {}, body: null });
        },
      };
    },
  ),
  "dlv-018-all-types": mutant(
    "DLV-018",
    "combination",
    1,
    "an endpoint of one org with an empty list of types is listed without its org",
    () => {
      const changed = new Set<string>();
      return {
        answer({ status, body }, { method, path, sent }) {
          if (path !== "/v1/webhook-endpoints" || status >= 300) return;
          const { org_id, event_types } = (sent ?? {}) as Answer["body"];
          if (method === "POST" && org_id && event_types?.length === 0) changed.add(body.endpoint_id);
          if (method === "GET")
            for (const each of body.data) if (changed.has(each.endpoint_id)) delete each.org_id;
        },
      };
    },
  ),
  "dlv-019-other-notation": mutant(
    "DLV-019",
    "scope",
    2,
    "a private address that is not written in four decimal numbers is accepted",
    ({ clock }) => ({
      answer(answer, { method, path, sent }) {
        const { url } = (sent ?? {}) as Answer["body"];
        if (
          method !== "POST" ||
          path !== "/v1/webhook-endpoints" ||
          answer.body?.code !== "invalid_destination"
        )
          return;
        if (!/^https:\/\/(?:0x|\d+[/:]|\d+\.\d+[/:]|\[::ffff)/i.test(url)) return;
        answer.status = 201;
        answer.headers = { "content-type": "application/json" };
        const created_at = new Date(clock.now()).toISOString();
        const secret = `whsec_${Buffer.from(`secret of ${url}`.padEnd(32, ".")).toString("base64")}`;
        answer.body = { endpoint_id: `we_${url}`.slice(0, 200), url, created_at, state: "active", secret };
      },
    }),
  ),
  "sec-002-charset": mutant(
    "SEC-002",
    "plain",
    1,
    "a registration with a charset in its media type is refused",
    () => ({
      answer(answer, { method, path, headers }) {
        if (
          method === "POST" &&
          path === "/v1/webhook-endpoints" &&
          /charset/.test(String(headers["content-type"]))
        )
          refuse(answer, 415, "unsupported_media_type");
      },
    }),
  ),
  "err-003-one-type-as-text": mutant(
    "ERR-003",
    "plain",
    2,
    "a registration with a text in place of a list of types is accepted",
    () => ({
      read(body, path) {
        if (
          path === "/v1/webhook-endpoints" &&
          typeof body.event_types === "string" &&
          body.event_types.length > 1
        )
          body.event_types = [body.event_types];
      },
    }),
  ),
  "sbx-006-number-for-a-site": mutant(
    "SBX-006",
    "plain",
    1,
    "a number or list as site_id causes a server error",
    () =>
      crashOnBody(
        ({ site_id }, path) =>
          path.startsWith("/sandbox/") && site_id !== undefined && typeof site_id !== "string",
      ),
  ),
  "sbx-006-emoji": mutant("SBX-006", "boundary", 1, "a device name with an emoji causes a server error", () =>
    crashOnBody(
      ({ name }, path) => path === "/sandbox/devices" && /[\u{10000}-\u{10ffff}]/u.test(String(name)),
    ),
  ),
  "sbx-006-long-name": mutant(
    "SBX-006",
    "boundary",
    1,
    "a device name of 512 characters causes a server error",
    () =>
      crashOnBody(
        ({ name }, path) => path === "/sandbox/devices" && typeof name === "string" && name.length === 512,
      ),
  ),
  "sbx-006-deep": mutant(
    "SBX-006",
    "boundary",
    2,
    "a deeply nested member in a command causes a server error",
    () => crashOnBody((body, path) => path === "/sandbox/devices" && isDeep(body)),
  ),
  "sbx-001-capitals": mutant("SBX-001", "plain", 1, "the status ONLINE is accepted", () => ({
    read(body, path) {
      if (path.endsWith("/status") && typeof body.status === "string")
        body.status = body.status.toLowerCase();
    },
  })),
  "sbx-001-long-reason": mutant(
    "SBX-001",
    "boundary",
    3,
    "a reason of 256 characters causes a server error",
    () => crashOnBody(({ status_reason }, path) => path.endsWith("/status") && status_reason?.length === 256),
  ),
};
