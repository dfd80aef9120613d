import { unlessAborted } from "@convergint/internal/call-limits";
import type { Attempt } from "@convergint/internal/patience";
import { toShownText } from "@convergint/internal/printable";
import type { Secrets } from "@convergint/internal/secrets";
import type { Place } from "../errors.ts";
import type { Variables } from "../expression.ts";
import type { ErrorRule } from "../profile.ts";
import type { Authorization } from "./auth.ts";
import { busy, type Send, showCall, showRefusal, type VendorAnswer, type VendorCall } from "./request.ts";
import { VendorReadError, type VendorReadStatus } from "./vendor-error.ts";

/** A successful response. */
export interface JsonAnswer {
  /** The parsed body; `null` for a status that the request's `empty_statuses` lists. */
  readonly body: unknown;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
  readonly isEmpty: boolean;
  /** Size of the body in UTF-16 code units. */
  readonly size: number;
}

/** A request whose response is JSON. */
interface JsonCall extends VendorCall {
  /** Statuses that mean an empty listing. */
  readonly emptyStatuses: readonly number[];
}

/** Sends authenticated requests and reads their JSON. */
export type ReadJson = (call: JsonCall) => Promise<JsonAnswer>;

/** What a connection needs. */
export interface ConnectionParts {
  readonly send: Send;
  /** `null` for none. */
  readonly authorization: Authorization | null;
  readonly errors: readonly ErrorRule[];
  readonly setting: Variables;
  readonly secrets: Secrets;
  /** Ends the wait for a token. */
  readonly signal: AbortSignal;
}

const STATUS_OF: Readonly<Record<ErrorRule["means"], VendorReadStatus>> = {
  unauthorized: 401,
  forbidden: 403,
  rate_limited: 429,
  unavailable: 503,
  not_found: 502,
  vendor_error: 502,
};

/** Fails for a status that is not a success. The credential's own errors keep their meaning. */
function refusal(call: VendorCall, { status, text }: VendorAnswer, secrets: Secrets): VendorReadError {
  const said = showRefusal(text, secrets);
  const answered = `${showCall(call)} answered ${status}${said}.`;
  if (status === 401)
    return new VendorReadError(
      "unauthorized",
      call.place,
      `${answered} Check the credential that the vendor issued.`,
      { status: 401 },
    );
  if (status === 403)
    return new VendorReadError(
      "forbidden",
      call.place,
      `${answered} The credential lacks a permission; ask the vendor for one that may read the inventory.`,
      { status: 403 },
    );
  const advice =
    status === 404
      ? "Check the base URL and the path in the profile. If 404 means an empty listing at this vendor, add it to empty_statuses."
      : "The inventory is not used.";
  return new VendorReadError("vendor_refused", call.place, `${answered} ${advice}`);
}

function parseJson(call: VendorCall, { status, headers, text }: VendorAnswer): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Does not quote the body, which may contain the credential.
    const type = toShownText(headers.get("content-type") ?? "no media type", 100);
    throw new VendorReadError(
      "not_json",
      call.place,
      `${showCall(call)} answered ${status} with a body that is not JSON (${type}). Check that the base URL is the vendor's API, not a web page or proxy.`,
    );
  }
}

/** Creates the function that sends authenticated requests. A refused token is renewed once. */
export function connectVendor(parts: ConnectionParts): ReadJson {
  const { send, authorization, errors, setting, secrets, signal } = parts;

  /** Finds the failure that a response with a successful status reports. */
  function findFailure(call: VendorCall, variables: Variables): Attempt<never> | null {
    for (const { when, code, means, detail } of errors) {
      if (when.evaluate(variables) !== true) continue;
      const told = detail?.evaluate(variables);
      const said = typeof told === "string" ? `: ${toShownText(secrets.removedFrom(told), 200)}` : "";
      if (means === "rate_limited" || means === "unavailable")
        return busy(call, STATUS_OF[means], undefined, ` in its body${said}`);
      throw new VendorReadError(
        means === "unauthorized" || means === "forbidden" ? means : code,
        when.place,
        `${showCall(call)} reported a failure${said}. The inventory is not used.`,
        { status: STATUS_OF[means] },
      );
    }
    return null;
  }

  const readAnswer =
    (call: JsonCall) =>
    (answer: VendorAnswer): Attempt<JsonAnswer | VendorAnswer> => {
      const { status, text } = answer;
      if (status === 401) return { result: answer };
      const headers = Object.fromEntries(answer.headers);
      if (call.emptyStatuses.includes(status))
        return { result: { body: null, headers, isEmpty: true, size: text.length } };
      if (status < 200 || status > 299) throw refusal(call, answer, secrets);
      const body = parseJson(call, answer);
      const failure = findFailure(call, { body, headers, status, setting });
      return failure ?? { result: { body, headers, isEmpty: false, size: text.length } };
    };

  const withToken = (call: JsonCall, token: string): JsonCall =>
    authorization === null
      ? call
      : { ...call, headers: { ...call.headers, [authorization.header]: authorization.prefix + token } };

  return async (call) => {
    const token = authorization === null ? "" : await unlessAborted(authorization.tokens.current(), [signal]);
    const first = await send(withToken(call, token), readAnswer(call));
    if ("body" in first) return first;
    if (authorization === null) throw refusal(call, first, secrets);
    const other = authorization.tokens.insteadOf(token, first.headers.get("date"));
    const next = await unlessAborted(other, [signal]);
    if (next === null) throw refusal(call, first, secrets);
    const second = await send(withToken(call, next), readAnswer(call));
    if ("body" in second) return second;
    throw refusal(call, second, secrets);
  };
}

/** Joins the base URL with a path, or checks an absolute URL. @throws {VendorReadError} `unsafe_url` */
export function resolveUrl(baseUrl: string, pathOrUrl: string, place: Place): URL {
  const base = new URL(baseUrl);
  const isAbsolute = /^https?:/i.test(pathOrUrl);
  const text = isAbsolute ? pathOrUrl : `${baseUrl.replace(/\/+$/, "")}/${pathOrUrl.replace(/^\/+/, "")}`;
  const unsafe = (why: string) =>
    new VendorReadError("unsafe_url", place, `This URL ${why}. The credential is not sent there.`);
  if (!URL.canParse(text)) throw unsafe("is not valid");
  const url = new URL(text);
  if (base.protocol === "https:" && url.protocol !== "https:")
    throw unsafe("is not https, but the base URL is");
  if (url.username !== "" || url.password !== "") throw unsafe("contains a user name or password");
  return url;
}
