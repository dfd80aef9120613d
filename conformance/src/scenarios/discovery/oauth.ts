import type { Exchange } from "../../evidence/exchange.ts";
import { objectOf, readAccessToken } from "../../evidence/read.ts";
import { sleep } from "../../harness/clock.ts";
import type { OauthClient } from "../../harness/credentials.ts";
import { requestToken, tokenEndpoint } from "../access-tokens.ts";
import { apiUrl } from "../api.ts";
import { CannotDriveError, scenario } from "../scenario.ts";

/** The suite does not wait for tokens with a longer lifetime to expire. */
const MAX_WAIT_SECONDS = 30;
/** How long before the expiry to call: lifetimes are rounded to seconds, and two machines' clocks differ. */
const BEFORE_END_SECONDS = 2;
/** How long after its `expires_in` a token counts as expired. @see spec/1.0/contract.md#oauth-2 */
const AFTER_END_SECONDS = 10;

/**
 * Requests access tokens with right and wrong client credentials, and uses a token before and after it
 * expires.
 */
export const oauth = scenario(
  "oauth",
  "Get access tokens and let one expire",
  ["discovery"],
  async ({ discovery }, { recorder, chance, credentials, signal, clock, progress }) => {
    const { client, expiredAccessToken } = credentials;
    if (client === undefined) throw new CannotDriveError("no OAuth 2 client was given");
    const endpoint = tokenEndpoint(objectOf(discovery.manifest));
    const ask = (purpose: string, as: OauthClient | null = client) =>
      requestToken(recorder, purpose, endpoint, as);
    const callWith = (credential: string, purpose: string) =>
      recorder.call({ purpose, url: apiUrl(discovery, "/v1/orgs"), credential });
    const until = (moment: number) => sleep(clock, Math.max(0, moment - clock.now()), signal);

    const issued = await ask("get an access token");
    const clientSecret = chance.hex("client secret", 48);
    const wrong = [
      await ask("get an access token with a wrong secret", { ...client, clientSecret }),
      await ask("get an access token as an unknown client", {
        clientId: chance.uuid("client"),
        clientSecret,
      }),
      await ask("get an access token without client credentials", null),
    ];
    const access = readAccessToken(issued);
    if (access === null) return { issued, wrong, use: null, expiry: null };
    const { token, expiresIn } = access;
    const use = {
      fresh: await callWith(token, "list orgs with the access token"),
      another: await ask("get another access token"),
      afterAnother: await callWith(token, "list orgs with the first access token again"),
    };
    if (expiresIn === null || expiresIn > MAX_WAIT_SECONDS) {
      const given =
        expiredAccessToken === undefined
          ? {}
          : { givenExpired: await callWith(expiredAccessToken, "list orgs with an expired access token") };
      return { issued, wrong, use, expiry: null, ...given };
    }

    progress(`waiting ${expiresIn} s for an access token to expire`);
    await until(Date.parse(issued.startedAt) + (expiresIn - BEFORE_END_SECONDS) * 1000);
    const nearEnd = await callWith(token, "list orgs with the access token, shortly before it expires");
    await until(Date.parse(issued.startedAt) + issued.durationMs + (expiresIn + AFTER_END_SECONDS) * 1000);
    const expired = await callWith(token, "list orgs with the access token, after it expired");
    const renewed = await ask("get an access token to replace it");
    const next = readAccessToken(renewed);
    const withRenewed: Exchange | null =
      next && (await callWith(next.token, "list orgs with the new access token"));
    return { issued, wrong, use, expiry: { nearEnd, expired, renewed, withRenewed } };
  },
);
