import { toShownText } from "@convergint/internal/printable";
import type { Secrets } from "@convergint/internal/secrets";
import type { AccessToken } from "@convergint/internal/token-source";
import type { FieldError } from "@convergint/schemas";
import { type AssertionSigner, createAssertionSigner } from "@convergint/tokens";
import { invalidPayload, notJson } from "./answer.ts";
import { basicAuthorization, type ReadyClient } from "./credential.ts";
import { VendorClientError } from "./errors.ts";
import type { Call, PatientFetch } from "./patient-fetch.ts";
import { placeOf } from "./plain-url.ts";

/** How a client authenticates at `token_url`. */
type ClientAuthentication =
  | { readonly authorization: string }
  /** Signs the assertion of RFC 7523. */
  | { readonly assertions: AssertionSigner };

/** An assertion is signed for each request, by the vendor's clock if it is known. */
const authenticationOf = (tokenUrl: string, credential: ReadyClient): ClientAuthentication =>
  credential.kind === "client_secret"
    ? { authorization: basicAuthorization(credential) }
    : { assertions: createAssertionSigner({ ...credential, tokenUrl, now: () => Date.now() }) };

/**
 * The request can be repeated. If a response is lost, a second request issues another token, and the lost
 * token expires unused.
 */
function tokenCall(
  tokenUrl: string,
  credential: ReadyClient,
  by: ClientAuthentication,
  secrets: Pick<Secrets, "addToken">,
): Call {
  const { clientId, scope } = credential;
  const form = { grant_type: "client_credentials", ...(scope === undefined ? {} : { scope }) };
  const headers = new Headers({
    "content-type": "application/x-www-form-urlencoded",
    accept: "application/json",
  });
  if ("authorization" in by) headers.set("authorization", by.authorization);
  const body =
    "authorization" in by
      ? new URLSearchParams(form).toString()
      : async () => {
          const client_assertion = await by.assertions.sign();
          secrets.addToken(client_assertion);
          const client_assertion_type = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
          const assertion = { client_id: clientId, client_assertion_type, client_assertion };
          return new URLSearchParams({ ...form, ...assertion }).toString();
        };
  return {
    url: tokenUrl,
    method: "POST",
    headers,
    body,
    signal: undefined,
    repeatable: true,
    limit: "maxItemBytes",
  };
}

/** Returns the members of a response; `undefined` if it is not a JSON object. */
function membersOf(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

function refused(
  place: string,
  status: number,
  members: Readonly<Record<string, unknown>>,
): VendorClientError {
  const { error, error_description } = members;
  const words = [error, error_description]
    .filter((word) => typeof word === "string")
    .map((word) => toShownText(word));
  return new VendorClientError(
    "token_refused",
    `${place} answered ${status}${words.length > 0 ? ` (${words.join(": ")})` : ""} instead of sending an access token. Check the client id, its secret or private key, and the scope that the vendor issued.`,
    { url: place, status },
  );
}

/** Finds the errors in a token response. Never quotes the response's values, because one of them is a token. */
function faultsOf({ access_token, token_type, expires_in }: Readonly<Record<string, unknown>>): FieldError[] {
  const fault = (holds: boolean, pointer: string, message: string) =>
    holds ? [] : [{ pointer, message, requirement: "AUTH-004" }];
  return [
    ...fault(
      typeof access_token === "string" && /^[\x21-\x7e]+$/.test(access_token),
      "/access_token",
      "Send the token as visible ASCII characters.",
    ),
    ...fault(
      typeof token_type === "string" && token_type.toLowerCase() === "bearer",
      "/token_type",
      "Send Bearer.",
    ),
    ...fault(
      expires_in === undefined || expires_in === null || (typeof expires_in === "number" && expires_in >= 0),
      "/expires_in",
      "Send the token's lifetime in seconds, as a number.",
    ),
  ];
}

/**
 * Creates a function that requests an access token with client credentials. It adds each assertion to the secrets, because a
 * vendor may quote it. An assertion that was refused because the
 * clocks differ is signed once more, by the vendor's clock.
 *
 * @throws {VendorClientError} `token_refused`, `not_json`, `invalid_payload`, and the errors of `patient`
 * @see spec/1.0/contract.md#authentication
 */
export function accessTokenRequest(
  patient: PatientFetch,
  tokenUrl: string,
  credential: ReadyClient,
  secrets: Pick<Secrets, "addToken">,
): () => Promise<AccessToken> {
  const by = authenticationOf(tokenUrl, credential);
  const call = tokenCall(tokenUrl, credential, by, secrets);
  return async () => {
    const response = await patient(call);
    const mayWork =
      !response.ok && "assertions" in by && by.assertions.isExplainedBy(response.headers.get("date"));
    return readToken(mayWork ? await patient(call) : response, tokenUrl);
  };
}

/** Reads the access token in a response. */
async function readToken(response: Response, tokenUrl: string): Promise<AccessToken> {
  const { status, ok } = response;
  const place = placeOf(tokenUrl);
  const members = membersOf(await response.text());
  if (!ok) throw refused(place, status, members ?? {});
  if (members === undefined) throw notJson(place, status);
  const fields = faultsOf(members);
  if (fields.length > 0) throw invalidPayload(place, fields);
  const { access_token, expires_in } = members;
  return {
    token: String(access_token),
    expiresInSeconds: typeof expires_in === "number" ? expires_in : undefined,
  };
}
