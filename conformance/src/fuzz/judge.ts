import { mediaTypeOf } from "@convergint/internal/media-type";
import { fieldErrors, PROBLEM_MEDIA_TYPE, problemSchema } from "@convergint/schemas";
import { show } from "../checks/finding.ts";
import { findSchemaFailure } from "../checks/schema-failures.ts";
import { valueAt } from "../evidence/json-pointer.ts";
import { isObject, type JsonObject } from "../evidence/read.ts";
import { type Answer, type Call, isStranger, type Request } from "./call.ts";
import { expectationOf } from "./expectation.ts";
import { type Violation, violation } from "./hunt.ts";
import { changePageSchema, operationOf } from "./operations.ts";
import { few, judgePage } from "./pages.ts";
import { type Ledger, readPage, viewOf, type World } from "./world.ts";

/** Matches text that appears in a response only after an unhandled error. */
export const TRACES =
  /\n\s+at .+:\d+|Traceback \(most recent call last\)|File "[^"\n]+", line \d+|\bat [\w.$]+\([\w]+\.(?:java|kt|scala):\d+\)|goroutine \d+ \[|panic: |SQLSTATE|ORA-\d{5}|syntax error at or near|\.(?:cs|php|rb|py|go):(?:line )?\d+/;
const SECRET = /whsec_[A-Za-z0-9+/]{8,}={0,2}/;

/** How much of a body to show. */
const excerpt = ({ status, headers, body }: Answer): string =>
  `${status} ${headers["content-type"] ?? "without a media type"}${body === "" ? "" : ` ${body.length > 300 ? `${body.slice(0, 300)}…` : body}`}`;

/** Finds content that no answer may contain. */
function findLeak(
  call: Call,
  request: Request,
  answer: Answer,
  ledger: Ledger,
  credentials: readonly string[],
): Violation | null {
  const { status, body } = answer;
  const text = `${JSON.stringify(answer.headers)}\n${body}`;
  if (status >= 400 && credentials.some((each) => text.includes(each)))
    return violation(
      "ERR-002",
      "credential",
      "an error response without the credential of the call",
      excerpt(answer),
    );
  if (status >= 400 && TRACES.test(body))
    return violation(
      "ERR-001",
      "stack trace",
      "a problem for the caller, without a stack trace",
      excerpt(answer),
    );
  const showsSecret =
    ["createWebhookEndpoint", "rotateWebhookSecret"].includes(call.operation) && status < 300;
  if (!showsSecret && (SECRET.test(text) || [...ledger.secrets].some((secret) => text.includes(secret))))
    return violation("SEC-001", "signing secret", "no signing secret", excerpt(answer));
  const foreign = call.as === "other" ? ledger.world.caller : ledger.world.other;
  if (!foreign || status >= 400 || isStranger(call.as)) return null;
  const asked = `${decodeURIComponent(request.rawPath.replaceAll(/%(?![0-9A-Fa-f]{2})/g, "%25").replaceAll(/%[89A-Fa-f][0-9A-Fa-f]/g, ""))}${request.body ?? ""}`;
  const id = [...foreign.orgs.keys(), ...foreign.sites.keys(), ...foreign.devices.keys()].find(
    (each) => body.includes(JSON.stringify(each)) && !asked.includes(each),
  );
  return id === undefined
    ? null
    : violation(
        "SEC-005",
        "another tenant's data",
        "nothing of another tenant",
        `${status} with the id ${id} of another tenant`,
      );
}

/** Finds what is wrong with an error response. */
function findProblemDefect(answer: Answer): Violation | null {
  const { status, headers, json } = answer;
  if (mediaTypeOf(headers["content-type"]) !== PROBLEM_MEDIA_TYPE)
    return violation("ERR-001", "no problem", `${PROBLEM_MEDIA_TYPE}`, excerpt(answer));
  const wrong = findSchemaFailure(problemSchema, json);
  if (wrong)
    return violation(
      "ERR-001",
      "invalid problem",
      `${wrong.where || "the body"}: ${wrong.expected}`,
      excerpt(answer),
    );
  if (json.status !== status)
    return violation(
      "ERR-001",
      "status of the problem",
      `status ${status} in the problem, as in the response`,
      excerpt(answer),
    );
  return null;
}

/** Finds what is wrong with the form of a successful answer. */
function findFormDefect(call: Call, request: Request, answer: Answer): Violation | null {
  const operation = operationOf(call.operation);
  const { status, headers, body, json } = answer;
  if (status === 304) {
    if (operation.listing !== undefined && request.parameters.some(({ name }) => name === "cursor"))
      return violation("INV-020", "304 to a cursor", "no 304 to a call with a cursor", excerpt(answer));
    return body === ""
      ? null
      : violation("INV-019", "304 with a body", "304 without a body", excerpt(answer));
  }
  if (call.method !== undefined || status >= 300) return null;
  if (operation.schema === null)
    return body === ""
      ? null
      : violation(operation.requirement, "body", `${operation.success} without a body`, excerpt(answer));
  if (mediaTypeOf(headers["content-type"]) !== "application/json")
    return violation(operation.requirement, "media type", "application/json", excerpt(answer));
  const isOfChanges =
    call.operation === "listDevices" && request.parameters.some(({ name }) => name === "since");
  const schema = isOfChanges ? changePageSchema : operation.schema;
  const { error } = schema.safeParse(json);
  if (!error) return null;
  const [first] = fieldErrors(error, schema);
  return violation(
    first?.requirement ?? operation.requirement,
    "invalid body",
    `${first?.pointer || "the body"}: ${first?.message ?? ""}`,
    show(valueAt(json, first?.pointer ?? "")),
  );
}

const COMPARED = ["device_id", "org_id", "site_id", "type", "name"] as const;

function findDeviceDefect(
  expected: JsonObject | undefined,
  json: JsonObject,
  requirement: string,
): Violation | null {
  const wrong =
    expected && COMPARED.find((name) => expected[name] !== undefined && json[name] !== expected[name]);
  return wrong
    ? violation(requirement, `another ${wrong}`, `${wrong} ${show(expected[wrong])}`, show(json[wrong]))
    : null;
}

/** How much two clocks may differ. */
const TOLERANCE_MS = 300_000;
const DAY_MS = 86_400_000;

/** Finds where an answer about a single object contradicts the request or the vendor's earlier answers. */
function findContradiction(
  call: Call,
  request: Request,
  json: JsonObject,
  ledger: Ledger,
  now: number,
): Violation | null {
  const sent = call.body && "json" in call.body && isObject(call.body.json) ? call.body.json : null;
  const { endpoints } = ledger;
  const devices = viewOf(ledger.world, call.as).devices;
  const known = devices.get(request.ids["device_id"] ?? "");
  // JSON parsers differ on duplicate members, so the answer to such a body proves nothing.
  if (call.body !== undefined && sent === null) return null;
  switch (call.operation) {
    case "getDevice": {
      const found = findDeviceDefect(known, json, "INV-005");
      return found && ledger.changes.length > 0 ? { ...found, mayLag: true } : found;
    }
    case "setSandboxDeviceStatus":
      if (json["status"] !== sent?.["status"])
        return violation(
          "SBX-001",
          "another status",
          `the status ${show(sent?.["status"])}`,
          show(json["status"]),
        );
      return findDeviceDefect(known, json, "SBX-001");
    case "moveSandboxDevice":
      return findDeviceDefect(known && { ...known, site_id: sent?.["site_id"] }, json, "SBX-006");
    case "addSandboxDevice":
      return devices.has(String(json["device_id"]))
        ? violation("INV-008", "reused id", "a new id", show(json["device_id"]))
        : findDeviceDefect(
            { site_id: sent?.["site_id"], type: sent?.["type"], name: sent?.["name"] },
            json,
            "SBX-006",
          );
    case "createWebhookEndpoint":
    case "rotateWebhookSecret": {
      const secret = String(json["secret"]);
      const bytes = Buffer.from(secret.slice("whsec_".length), "base64").length;
      if (ledger.secrets.has(secret) || bytes < 24 || bytes > 64)
        return violation(
          "SEC-002",
          "secret",
          "a new secret of 24 to 64 bytes",
          ledger.secrets.has(secret) ? "a secret that was issued before" : `${bytes} bytes`,
        );
      const expires = Date.parse(String(json["previous_expires_at"]));
      if (call.operation === "rotateWebhookSecret" && expires < now + DAY_MS - TOLERANCE_MS)
        return violation(
          "SEC-010",
          "previous_expires_at",
          "at least 24 hours from now",
          show(json["previous_expires_at"]),
        );
      return call.operation === "createWebhookEndpoint" ? findEndpointDefect(sent ?? {}, json) : null;
    }
    case "listWebhookEndpoints": {
      const listed = new Map(
        (Array.isArray(json["data"]) ? json["data"] : []).map((each) => [each.endpoint_id, each]),
      );
      for (const [id, { as, registered, isDeleted }] of endpoints) {
        if (as !== call.as || isDeleted !== listed.has(id)) {
          const found = listed.get(id);
          if (as === call.as && found) {
            const wrong = findEndpointDefect(registered, found);
            if (wrong) return wrong;
          }
          continue;
        }
        return violation(
          "DLV-018",
          isDeleted ? "deleted endpoint" : "missing endpoint",
          isDeleted ? `not the deleted endpoint ${id}` : `the endpoint ${id}`,
          few([...listed.keys()]),
        );
      }
    }
  }
  return null;
}

/** Compares an endpoint with its registration. */
function findEndpointDefect(expected: JsonObject, json: JsonObject): Violation | null {
  const listOf = (value: unknown) => JSON.stringify(Array.isArray(value) ? value.toSorted() : []);
  if (json["url"] !== expected["url"])
    return violation("DLV-018", "another url", show(expected["url"]), show(json["url"]));
  if (typeof expected["org_id"] === "string" && json["org_id"] !== expected["org_id"])
    return violation("DLV-018", "another org_id", show(expected["org_id"]), show(json["org_id"]));
  return listOf(json["event_types"]) === listOf(expected["event_types"])
    ? null
    : violation("DLV-018", "other event_types", show(expected["event_types"]), show(json["event_types"]));
}

/** What {@link judge} needs in addition to the call. */
export interface Grounds {
  readonly ledger: Ledger;
  /** What the ledger showed before the answer, if it was read again after the answer. */
  readonly earlier?: World;
  /** The credentials that no error may repeat. */
  readonly credentials: readonly string[];
  readonly now: number;
}

/** Judges an answer by the contract and by the vendor's earlier answers. @returns what is wrong, or `null` */
export function judge(
  call: Call,
  request: Request,
  answer: Answer,
  { ledger, earlier, credentials, now }: Grounds,
): Violation | null {
  const expectation = expectationOf({ call, request }, ledger);
  const { status } = answer;
  const leak = findLeak(call, request, answer, ledger, credentials);
  if (leak) return leak;
  if (!expectation.statuses.has(status)) {
    const found = violation(
      expectation.requirement,
      status >= 500 ? "server error" : `status ${status}`,
      expectation.expected,
      excerpt(answer),
    );
    // Others may have removed the object, and listings may still show it.
    return status === 404 ? { ...found, mayLag: true, mayHaveChanged: true } : found;
  }
  if (status === 429 && answer.headers["retry-after"] === undefined)
    return violation("ERR-004", "Retry-After", "429 with Retry-After", excerpt(answer));
  const isHead = call.method === "HEAD";
  if (status >= 400) return isHead ? null : findProblemDefect(answer);
  const form = isHead ? null : findFormDefect(call, request, answer);
  if (form || call.method !== undefined || status >= 300 || status === 304) return form;
  const page = readPage(call, request, answer, ledger);
  if (page) return judgePage(request, page, answer, ledger, earlier);
  return isObject(answer.json) ? findContradiction(call, request, answer.json, ledger, now) : null;
}
