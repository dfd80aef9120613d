import { accessTokenIn } from "../evidence/access-token.ts";
import type { Exchange } from "../evidence/exchange.ts";
import { type JsonObject, listOf, textOf } from "../evidence/read.ts";
import { type Clock, systemClock } from "../harness/clock.ts";
import type { OauthClient } from "../harness/credentials.ts";
import type { Bearer, Recorder } from "../harness/recorder.ts";
import { CannotDriveError } from "./scenario.ts";

/** A token is renewed so long before it expires, or at half its time where that is shorter. */
const MARGIN_SECONDS = 60;
/** How long one is used whose answer does not say how long it is good for. */
const UNTOLD_SECONDS = 60;

/** Where access tokens are issued. @throws {CannotDriveError} where the manifest does not say */
export function tokenUrl(manifest: JsonObject | null): URL {
  const declared = listOf(manifest, "authentication").find(
    ({ scheme }) => scheme === "oauth2_client_credentials",
  );
  if (declared === undefined) {
    throw new CannotDriveError(
      "the manifest declares no oauth2_client_credentials, which --client-id is for; give an API key with --api-key",
    );
  }
  const text = textOf(declared, "token_url");
  if (text === null || !URL.canParse(text)) {
    throw new CannotDriveError("the manifest names no usable token_url; see MAN-001");
  }
  const url = new URL(text);
  if (url.username || url.password) {
    throw new CannotDriveError("the manifest's token_url holds a user name or password; see MAN-007");
  }
  return url;
}

/** Asks for an access token. */
export const requestToken = (
  recorder: Recorder,
  purpose: string,
  url: URL,
  client: OauthClient,
): Promise<Exchange> =>
  recorder.call({
    purpose,
    method: "POST",
    url,
    credential: client,
    form: { grant_type: "client_credentials" },
  });

/** The access tokens that a run calls with. */
export interface AccessTokens {
  /** One that is good: renewed before it expires, and asked for once however many calls wait for it. */
  readonly bearer: Bearer;
  /** Every one so far: what no evidence may show. */
  readonly issued: readonly string[];
}

/**
 * Gets a run its access tokens.
 *
 * @param url asked for when a token is wanted, which is after the manifest was read
 * @throws {CannotDriveError} from the bearer, where no token is issued
 */
export function accessTokens(client: OauthClient, url: () => URL, clock: Clock = systemClock): AccessTokens {
  const issued: string[] = [];
  let current: { readonly token: string; readonly renewAt: number } | null = null;
  let asked: Promise<string> | null = null;

  async function renew(recorder: Recorder): Promise<string> {
    const exchange = await requestToken(recorder, "get an access token", url(), client);
    const access = accessTokenIn(exchange);
    if (access === null) {
      const answer = exchange.response ? String(exchange.response.status) : `no answer (${exchange.failure})`;
      throw new CannotDriveError(
        `the vendor's token_url issued no access token for --client-id and --client-secret: ${answer}; see AUTH-004`,
      );
    }
    const { token, expiresIn } = access;
    const seconds = expiresIn === null ? UNTOLD_SECONDS : expiresIn - Math.min(MARGIN_SECONDS, expiresIn / 2);
    current = { token, renewAt: Date.parse(exchange.startedAt) + seconds * 1000 };
    issued.push(token);
    return token;
  }

  return {
    issued,
    bearer(recorder) {
      if (current !== null && clock.now() < current.renewAt) return Promise.resolve(current.token);
      asked ??= renew(recorder).finally(() => {
        asked = null;
      });
      return asked;
    },
  };
}
