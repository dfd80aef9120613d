import { quoteForShell as quote } from "@convergint/internal/printable";
import { type OperationName, operationOf } from "./operations.ts";

/** The values that a later call can take from an answer. */
type Take = "next_cursor" | "sync_token" | "as_of" | "etag" | "endpoint_id" | "device_id";

// biome-ignore-start lint/suspicious/noTemplateCurlyInString: the templates are those of a shell
/**
 * A change of a text that the vendor sent, as a function and as a shell command. In the command, `$V` is the
 * text.
 */
const ALTERATIONS = {
  cut: [(text: string) => [...text].slice(0, -1).join(""), "${V%?}"],
  extended: [(text: string) => `${text}.x`, "$V.x"],
  padded: [(text: string) => `${text}=`, "$V="],
  spaced: [(text: string) => `${text} `, "$V "],
  twice: [(text: string) => text + text, "$V$V"],
  interrupted: [
    (text: string) => `${text.slice(0, 1)}~${text.slice(1)}`,
    "$(printf %s \"$V\" | sed 's/./&~/')",
  ],
  upperCase: [(text: string) => text.toUpperCase(), '$(printf %s "$V" | tr a-z A-Z)'],
  lowerCase: [(text: string) => text.toLowerCase(), '$(printf %s "$V" | tr A-Z a-z)'],
  lastCharacter: [
    (text: string) => text.slice(0, -1) + rotate(text.slice(-1)),
    '${V%?}$(printf %s "$V" | tail -c1 | tr A-Za-z0-9 B-ZAb-za1-90)',
  ],
} as const satisfies Record<string, readonly [change: (text: string) => string, shell: string]>;
// biome-ignore-end lint/suspicious/noTemplateCurlyInString: the templates are those of a shell

/** A way to change a value that the vendor issued, so that the vendor did not issue the result. */
export type Alteration = keyof typeof ALTERATIONS;
export const alterations = Object.keys(ALTERATIONS) as [Alteration, ...Alteration[]];

/** Returns the next letter or digit. */
function rotate(character: string): string {
  const [kind] = ["ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz", "0123456789"].filter((each) =>
    each.includes(character),
  );
  return kind === undefined ? `${character}x` : kind.charAt((kind.indexOf(character) + 1) % kind.length);
}

/** A value in a call: either the value itself, or a value from the answer to an earlier call of the case. */
export type Value =
  | { readonly text: string /** Whether the text is already percent-encoded. */; readonly encoded?: true }
  | { readonly from: number; readonly take: Take; readonly altered?: Alteration };

/** A part of a body: a text, or a text that is repeated many times. */
export type Part = string | { readonly unit: string; readonly times: number };

/** A body: a JSON value, or any other text. `type` is the media type; `null` omits the header. */
export type Body =
  | { readonly type: string | null; readonly json: unknown }
  | { readonly type: string | null; readonly parts: readonly Part[] };

/**
 * The caller, named by the environment variable of its credential, and the way in which the credential is
 * sent.
 */
const CALLERS = {
  caller: (key: string) => `Bearer ${key}`,
  other: (key: string) => `Bearer ${key}`,
  none: () => null,
  madeUp: () => "Bearer made-up-key",
  cutKey: (key: string) => `Bearer ${key.slice(0, -1)}`,
  longerKey: (key: string) => `Bearer ${key}x`,
  basic: (key: string) => `Basic ${Buffer.from(`${key}:`).toString("base64")}`,
  noScheme: (key: string) => key,
  onlyScheme: () => "Bearer",
} as const satisfies Record<string, (key: string) => string | null>;

/**
 * The credential of a call. It is valid for `caller` and for `other`, which is another tenant. For all other
 * callers, it is invalid.
 */
export type Caller = keyof typeof CALLERS;

/** The kinds of callers that have no valid credential. */
export const strangers = [
  "none",
  "madeUp",
  "cutKey",
  "longerKey",
  "basic",
  "noScheme",
  "onlyScheme",
] as const;

export const isStranger = (caller: Caller): caller is (typeof strangers)[number] =>
  caller !== "caller" && caller !== "other";

/** One call of a case. */
export interface Call {
  /** Names the call within its case. */
  readonly id: number;
  readonly operation: OperationName;
  readonly as: Caller;
  /** The method to use instead of the operation's method. */
  readonly method?: string;
  /** The ids in the path, keyed by the name of the path parameter. */
  readonly path: Readonly<Record<string, Value>>;
  /** Text that is appended to the path. */
  readonly suffix?: string;
  /** The query parameters in order, each name exactly as it is sent. */
  readonly query: readonly { readonly name: string; readonly value: Value }[];
  readonly headers: readonly { readonly name: string; readonly value: Value }[];
  readonly body?: Body;
}

/** Calls that depend on each other, in the order in which to make them. */
export type Case = readonly Call[];

/** Makes a call of the contract with a valid credential. */
export const plain = (operation: OperationName, more: Partial<Call> = {}): Call => ({
  id: 1,
  operation,
  as: "caller",
  path: {},
  query: [],
  headers: [],
  ...more,
});

/** An answer as received. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** The body as JSON; `undefined` if the body is not JSON. */
  // biome-ignore lint/suspicious/noExplicitAny: the vendor may send anything
  readonly json: any;
}

/** A request to send, with its decoded parts. */
export interface Request {
  readonly method: string;
  readonly url: URL;
  /**
   * The path and query, exactly as they are sent. They are not a `URL`, because a `URL` would rewrite some of
   * them.
   */
  readonly rawPath: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
  /** The query, decoded; `null` for a value that cannot be decoded. */
  readonly parameters: readonly { readonly name: string; readonly value: string | null }[];
  /** The ids in the path, decoded; `null` for an id that cannot be decoded. */
  readonly ids: Readonly<Record<string, string | null>>;
}

/** Where calls go. */
export interface Bases {
  readonly target: URL;
  readonly api: URL;
  /** The URL of sandbox control; `null` if the vendor has none. */
  readonly control: URL | null;
}

/** Returns the value that a call takes from an answer; `undefined` if the answer lacks the value. */
function takeFrom(answer: Answer | undefined, take: Take): string | undefined {
  const { json, headers } = answer ?? {};
  const value = take === "etag" ? headers?.["etag"] : take === "as_of" ? json?.snapshot?.as_of : json?.[take];
  return typeof value === "string" ? value : undefined;
}

function resolveText(value: Value, answers: ReadonlyMap<number, Answer>): string | undefined {
  if ("text" in value) return value.text;
  const taken = takeFrom(answers.get(value.from), value.take);
  return taken === undefined || value.altered === undefined ? taken : ALTERATIONS[value.altered][0](taken);
}

/** Decodes percent-encoding; `null` if that is impossible. @param isQuery whether `+` is a space */
function decode(text: string, isQuery: boolean): string | null {
  try {
    return decodeURIComponent(isQuery ? text.replaceAll("+", " ") : text);
  } catch {
    return null;
  }
}

const encode = (value: Value, text: string): string =>
  "encoded" in value && value.encoded
    ? text
    : encodeURIComponent(text.toWellFormed()).replaceAll(
        /[!'()*]/g,
        (each) => `%${each.charCodeAt(0).toString(16).toUpperCase()}`,
      );

/** The body as it is sent; `null` for a call without a body. */
export const bodyText = (body: Body | undefined): string | null =>
  body === undefined
    ? null
    : "json" in body
      ? JSON.stringify(body.json)
      : body.parts.map((part) => (typeof part === "string" ? part : part.unit.repeat(part.times))).join("");

/** Returns the base and the rest of an operation's path. */
function placeOf(
  path: string,
  { target, api, control }: Bases,
): { readonly base: URL; readonly rest: string } | null {
  if (path.startsWith("/.well-known/")) return { base: target, rest: path };
  if (!path.startsWith("/sandbox")) return { base: api, rest: path };
  return control && { base: control, rest: path.slice("/sandbox".length) };
}

/**
 * Builds the request of a call.
 *
 * @param answers the answers to the earlier calls of the case
 * @param credential the credential of the call's caller
 * @returns `null` if an earlier answer lacks a value that the call needs
 */
export function buildRequest(
  call: Call,
  answers: ReadonlyMap<number, Answer>,
  bases: Bases,
  credential: string,
): Request | null {
  const operation = operationOf(call.operation);
  const place = placeOf(operation.path, bases);
  if (!place) return null;
  const ids: Record<string, string | null> = {};
  let rest = place.rest;
  for (const [name, value] of Object.entries(call.path)) {
    const text = resolveText(value, answers);
    if (text === undefined) return null;
    const encoded = encode(value, text);
    ids[name] = decode(encoded, false);
    rest = rest.replace(`{${name}}`, () => encoded);
  }
  const query: string[] = [];
  const parameters: { name: string; value: string | null }[] = [];
  for (const { name, value } of call.query) {
    const text = resolveText(value, answers);
    if (text === undefined) return null;
    const encoded = encode(value, text);
    query.push(`${name}=${encoded}`);
    parameters.push({ name: decode(name, true) ?? name, value: decode(encoded, true) });
  }
  const headers: Record<string, string> = { accept: "application/json, application/problem+json" };
  const authorization = call.operation === "getManifest" ? null : CALLERS[call.as](credential);
  if (authorization !== null) headers["authorization"] = authorization;
  for (const { name, value } of call.headers) {
    const text = resolveText(value, answers);
    if (text === undefined) return null;
    headers[name] = text;
  }
  const body = bodyText(call.body);
  if (call.body?.type) headers["content-type"] = call.body.type;
  const path = place.base.pathname.replace(/\/$/, "") + rest + (call.suffix ?? "");
  return {
    method: call.method ?? operation.method,
    url: place.base,
    rawPath: query.length > 0 ? `${path}?${query.join("&")}` : path,
    headers,
    body,
    parameters,
    ids,
  };
}

const variableOf = ({ from, take }: { readonly from: number; readonly take: Take }): string =>
  `${take.toUpperCase()}_${from}`;

/** Returns the shell command that takes a value from an answer that `curl -si` printed. */
const capture = (take: Take): string =>
  take === "etag"
    ? `| sed -n 's/^[Ee][Tt][Aa][Gg]: //p' | tr -d '\\r'`
    : `| sed '1,/^\\r*$/d' | jq -r ${take === "as_of" ? ".snapshot.as_of" : `.${take}`}`;

/** Escapes a value for use inside double quotes in a shell. */
function inDoubleQuotes(value: Value, isEncoded: boolean): string {
  if ("text" in value) {
    const text = isEncoded ? encode(value, value.text) : value.text;
    return text.replaceAll(/[\\"$`]/g, "\\$&");
  }
  const variable = variableOf(value);
  const shell = value.altered === undefined ? "$V" : ALTERATIONS[value.altered][1];
  const text = shell.replaceAll(/\$V\b/g, `\${${variable}}`).replaceAll(/\$\{V%/g, `\${${variable}%`);
  return isEncoded ? `$(printf %s "${text}" | jq -sRr @uri)` : text;
}

/**
 * Returns the `Authorization` header of a caller, for use inside double quotes. @param key the credential's
 * variable
 */
const authorizationOf = (as: Caller, key: string): string | null =>
  ({
    caller: `Bearer $${key}`,
    other: `Bearer $${key}`,
    none: null,
    madeUp: "Bearer made-up-key",
    cutKey: `Bearer \${${key}%?}`,
    longerKey: `Bearer \${${key}}x`,
    basic: `Basic $(printf %s "$${key}:" | base64 -w0)`,
    noScheme: `$${key}`,
    onlyScheme: "Bearer",
  })[as];

function toBodyArguments(body: Body | undefined): {
  readonly before: string;
  readonly words: readonly string[];
} {
  if (body === undefined) return { before: "", words: [] };
  const type = `-H ${quote(body.type === null ? "Content-Type:" : `Content-Type: ${body.type}`)}`;
  const isPlain = "json" in body || body.parts.every((part) => typeof part === "string");
  if (isPlain) return { before: "", words: [type, `--data-binary ${quote(bodyText(body) ?? "")}`] };
  const parts = body.parts.map((part) =>
    typeof part === "string"
      ? `printf %s ${quote(part)}`
      : `yes ${quote(part.unit)} | head -n ${part.times} | tr -d '\\n'`,
  );
  return { before: `{ ${parts.join("; ")}; } | `, words: [type, "--data-binary @-"] };
}

/** The names of the environment variables that hold the credentials. */
export interface CredentialVariables {
  readonly caller: string;
  readonly other: string;
}

/**
 * Writes a case as commands of a POSIX shell with curl and jq. Credentials are environment variables. A value
 * that a call takes from an earlier answer is a shell variable.
 *
 * @param taken the values that later calls take from each call
 */
export function toCommands(calls: Case, bases: Bases, variables: CredentialVariables): string[] {
  const uses = calls.flatMap((call) =>
    [...Object.values(call.path), ...[...call.query, ...call.headers].map(({ value }) => value)].flatMap(
      (value) => ("from" in value ? [value] : []),
    ),
  );
  return calls.flatMap((call, index) => {
    const operation = operationOf(call.operation);
    const place = placeOf(operation.path, bases);
    if (!place) return [];
    const path = place.rest.replaceAll(/\{(\w+)\}/g, (whole, name: string) => {
      const value = call.path[name];
      return value ? inDoubleQuotes(value, true) : whole;
    });
    const query = call.query.map(
      ({ name, value }) => `${name.replaceAll("$", "\\$")}=${inDoubleQuotes(value, true)}`,
    );
    const url = `${place.base.href.replace(/\/$/, "")}${path}${call.suffix ?? ""}${query.length > 0 ? `?${query.join("&")}` : ""}`;
    const method = call.method ?? operation.method;
    const key = call.as === "other" ? variables.other : variables.caller;
    const authorization = call.operation === "getManifest" ? null : authorizationOf(call.as, key);
    const { before, words } = toBodyArguments(call.body);
    const headers = call.headers.map(({ name, value }) => `-H "${name}: ${inDoubleQuotes(value, false)}"`);
    const command = [
      `${before}curl -si --globoff --path-as-is`,
      ...(method === "GET" ? [] : [method === "HEAD" ? "-I" : `-X ${method}`]),
      ...(authorization === null ? [] : [`-H "Authorization: ${authorization}"`]),
      ...headers,
      ...words,
      `"${url}"`,
    ].join(" ");
    const takes = [...new Set(uses.filter(({ from }) => from === call.id).map(({ take }) => take))];
    if (index === calls.length - 1 || takes.length === 0) return [command];
    const answer = `ANSWER_${call.id}`;
    return [
      `${answer}=$(${command})`,
      ...takes.map(
        (take) => `${variableOf({ from: call.id, take })}=$(printf '%s\\n' "$${answer}" ${capture(take)})`,
      ),
    ];
  });
}
