import { MANIFEST_PATH } from "@convergint/schemas";
import type { Exchange } from "../evidence/exchange.ts";
import { declares } from "../evidence/manifest.ts";
import { isObject, itemsOf, objectOf, readAccessToken, textOf } from "../evidence/read.ts";
import { sleep } from "../harness/clock.ts";
import type { OauthClient } from "../harness/credentials.ts";
import type { Recorder } from "../harness/recorder.ts";
import { loginOf, NO_LOGIN, requestToken, tokenEndpoint } from "./access-tokens.ts";
import { apiUrl, segment } from "./api.ts";
import { register } from "./events/endpoints.ts";
import { sandboxUrl } from "./events/sandbox-device.ts";
import { asTenant, CannotDriveError, permits, scenario } from "./scenario.ts";
import { wrongAssertions } from "./signed-tokens.ts";

/** Reads the event catalogue. */
export const catalogue = scenario(
  "catalogue",
  "Read the event catalogue",
  ["discovery", "orgs"],
  async ({ discovery }, { recorder }) => ({
    exchange: await recorder.call({
      purpose: "read the event catalogue",
      url: apiUrl(discovery, "/v1/event-catalog"),
    }),
  }),
  { changes: "nothing" },
);

/** Reads the manifest without a credential. @param target the base URL */
export const readManifest = (target: URL, recorder: Recorder): Promise<Exchange> =>
  recorder.call({
    purpose: "read the manifest",
    url: target.href.replace(/\/$/, "") + MANIFEST_PATH,
    credential: null,
  });

const isManifest = (exchange: Exchange): boolean => textOf(objectOf(exchange), "api_base") !== null;

/**
 * Reads the manifest. Ends the run if the manifest is not below the target's path, but at the root of its
 * host.
 */
export const manifest = scenario(
  "discovery",
  "Read the manifest",
  [],
  async (_, { target, recorder, endRun }) => {
    const exchange = await readManifest(target, recorder);
    if (target.pathname !== "/" && exchange.response !== null && !isManifest(exchange)) {
      const root = new URL("/", target);
      if (isManifest(await readManifest(root, recorder))) {
        endRun(
          "wrong_target",
          `There is no manifest at ${exchange.request.url} (${exchange.response.status}), but one at ${root.origin}${MANIFEST_PATH}. Use --target ${root.origin}.`,
        );
      }
    }
    return {
      manifest: exchange,
      rejectsCertificates: process.env["NODE_TLS_REJECT_UNAUTHORIZED"] !== "0",
    };
  },
  { changes: "nothing" },
);

const PATHS = ["/v1/orgs", "/v1/sites", "/v1/devices"] as const;

/** Names under which frameworks read a credential from the query. */
const QUERY_NAMES = ["api_key", "access_token", "token", "key"];

/** Makes calls without a credential, and with a credential that the vendor never issued. */
export const credentials = scenario(
  "authentication",
  "Call without a credential, and with a wrong one",
  ["discovery"],
  async ({ discovery }, { recorder, chance, mayChange, mint, credentials: { apiKey, key } }) => {
    const manages = declares(objectOf(discovery.manifest), "webhooks.endpoint_management");
    const paths = [
      ...PATHS,
      // An unauthenticated caller must not learn whether a device exists.
      `/v1/devices/${chance.uuid("device")}` as const,
      ...(manages ? (["/v1/webhook-endpoints"] as const) : []),
    ];
    const wrongKey = `not-a-key-${chance.hex("key", 24)}`;
    const ask = (purpose: string, credential: string | null) =>
      Promise.all(
        paths.map((path) =>
          recorder.call({ purpose: `${path} ${purpose}`, url: apiUrl(discovery, path), credential }),
        ),
      );
    const invalid = recorder.call({
      purpose: "/v1/devices with an invalid limit and without a credential",
      url: apiUrl(discovery, "/v1/devices", { limit: "none" }),
      credential: null,
    });
    const askInQuery = (name: string, credential: string) =>
      recorder.call({
        purpose: `/v1/orgs with the credential as ${name} in the URL`,
        url: apiUrl(discovery, "/v1/orgs", { [name]: credential }),
        credential: null,
      });
    // A server may log the URL, and a production credential must not get into logs. So the suite sends it only if it
    // may change devices, as in a sandbox.
    const mayLeak = permits(mayChange, "devices");
    const valid = mayLeak ? (apiKey ?? (key && mint.current(key))) : undefined;
    return {
      inQuery:
        valid === undefined ? [] : await Promise.all(QUERY_NAMES.map((name) => askInQuery(name, valid))),
      wrongKey,
      withoutCredential: [...(await ask("without a credential", null)), await invalid],
      wrongCredential: await ask("with a wrong credential", wrongKey),
    };
  },
  { changes: "nothing" },
);

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
  async ({ discovery }, drive) => {
    const { recorder, chance, credentials, mint, signal, clock, progress } = drive;
    const { client, expiredAccessToken } = credentials;
    if (client === undefined) throw new CannotDriveError("no OAuth 2 client was given");
    const endpoint = tokenEndpoint(objectOf(discovery.manifest));
    const ask = (purpose: string, as: OauthClient = client) =>
      requestToken(recorder, purpose, endpoint, loginOf(as, endpoint, mint));
    const callWith = (credential: string, purpose: string) =>
      recorder.call({ purpose, url: apiUrl(discovery, "/v1/orgs"), credential });
    const until = (moment: number) => sleep(clock, Math.max(0, moment - clock.now()), signal);

    const issued = await ask("get an access token");
    const clientSecret = chance.hex("client secret", 48);
    const clientId = chance.uuid("client");
    const wrong = [
      ...("key" in client
        ? [await ask("get an access token as an unknown client", { ...client, clientId })]
        : [
            await ask("get an access token with a wrong secret", { ...client, clientSecret }),
            await ask("get an access token as an unknown client", { clientId, clientSecret }),
          ]),
      await requestToken(recorder, "get an access token without client credentials", endpoint, NO_LOGIN),
    ];
    const assertions = "key" in client ? await wrongAssertions(client, endpoint, recorder, mint) : null;
    const found = { issued, wrong, ...(assertions && { assertions }) };
    const access = readAccessToken(issued);
    if (access === null) return { ...found, use: null, expiry: null };
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
      return { ...found, use, expiry: null, ...given };
    }

    progress(`waiting ${expiresIn} s for an access token to expire`);
    await until(Date.parse(issued.startedAt) + (expiresIn - BEFORE_END_SECONDS) * 1000);
    const nearEnd = await callWith(token, "list orgs with the access token, shortly before it expires");
    // The suite may use an expired token at any later time, but it must use the valid token in time.
    drive.letOthersBegin?.();
    await until(Date.parse(issued.startedAt) + issued.durationMs + (expiresIn + AFTER_END_SECONDS) * 1000);
    const expired = await callWith(token, "list orgs with the access token, after it expired");
    const renewed = await ask("get an access token to replace it");
    const next = readAccessToken(renewed);
    const withRenewed: Exchange | null =
      next && (await callWith(next.token, "list orgs with the new access token"));
    return { ...found, use, expiry: { nearEnd, expired, renewed, withRenewed } };
  },
);

/** Makes a call of every kind with a revoked or expired credential. */
export const withdrawn = scenario(
  "withdrawal",
  "Call with a withdrawn credential",
  ["discovery", "orgs", "devices"],
  async ({ discovery, devices }, drive) => {
    const { withdrawn: credential } = drive.bearers;
    if (credential === undefined) throw new CannotDriveError("no withdrawn credential was given");
    const holder = asTenant(drive, credential);
    const device = itemsOf(devices.listing)
      .map(({ value }) => value)
      .find(isObject);
    const deviceId = textOf(device ?? null, "device_id") ?? drive.chance.uuid("device");
    const manages =
      permits(drive.mayChange, "endpoints") &&
      declares(objectOf(discovery.manifest), "webhooks.endpoint_management");
    const paths = [
      ...(["/v1/orgs", "/v1/sites", "/v1/devices", `/v1/devices/${segment(deviceId)}`] as const),
      "/v1/event-catalog" as const,
      ...(manages ? (["/v1/webhook-endpoints"] as const) : []),
    ];
    const calls = [];
    for (const path of paths) {
      calls.push(
        await holder.recorder.call({
          purpose: `${path} with a withdrawn credential`,
          url: apiUrl(discovery, path),
        }),
      );
    }
    if (manages) calls.push(await register(discovery, drive.receiver.destination(), holder));
    const control = permits(drive.mayChange, "devices") ? sandboxUrl(discovery, deviceId) : null;
    const [status, status_reason] = ["status", "status_reason"].map((name) => textOf(device ?? null, name));
    if (control !== null && status !== null) {
      calls.push(
        await holder.recorder.call({
          purpose: "sandbox control with a withdrawn credential",
          method: "POST",
          url: control,
          // Send the current status, so that nothing changes if the vendor executes the command.
          json: { status, ...(status_reason !== null && { status_reason }) },
        }),
      );
    }
    return { calls };
  },
);
