import { type Call, callOf, type PatientFetch } from "./patient-fetch.ts";
import { awaitShared } from "./shared.ts";
import type { TokenSource } from "./token-source.ts";

/** Makes a call with the credential. */
export type AuthorizedFetch = (request: Request) => Promise<Response>;

function authorized(call: Call, token: string): Call {
  const headers = new Headers(call.headers);
  headers.set("authorization", `Bearer ${token}`);
  return { ...call, headers };
}

/** Calls with an API key. */
export const withApiKey =
  (patient: PatientFetch, apiKey: string): AuthorizedFetch =>
  async (request) =>
    patient(authorized(await callOf(request), apiKey));

/**
 * Calls with access tokens. A vendor may revoke a token before it expires: after a 401, the call is repeated
 * once with a new token. If the vendor refuses the new token too, the refusal is final.
 */
export const withAccessTokens =
  (patient: PatientFetch, tokens: TokenSource): AuthorizedFetch =>
  async (request) => {
    const call = await callOf(request);
    const token = await awaitShared(tokens.current(), call.signal, call.url);
    const response = await patient(authorized(call, token));
    if (response.status !== 401) return response;
    const next = await awaitShared(tokens.insteadOf(token), call.signal, call.url);
    return patient(authorized(call, next));
  };
