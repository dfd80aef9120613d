import { declares } from "../../evidence/manifest.ts";
import { objectOf } from "../../evidence/read.ts";
import { apiUrl } from "../api.ts";
import { scenario } from "../scenario.ts";

const PATHS = ["/v1/orgs", "/v1/sites", "/v1/devices"] as const;

/** Names under which frameworks read a credential from the query. */
const QUERY_NAMES = ["api_key", "access_token", "token", "key"];

/** Makes calls without a credential, and with a credential that the vendor never issued. */
export const credentials = scenario(
  "authentication",
  "Call without a credential, and with a wrong one",
  ["discovery"],
  async ({ discovery }, { recorder, chance, credentials: { apiKey } }) => {
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
    return {
      inQuery:
        apiKey === undefined ? [] : await Promise.all(QUERY_NAMES.map((name) => askInQuery(name, apiKey))),
      wrongKey,
      withoutCredential: [...(await ask("without a credential", null)), await invalid],
      wrongCredential: await ask("with a wrong credential", wrongKey),
    };
  },
);
