import { randomBytes } from "node:crypto";
import { apiUrl } from "../api.ts";
import { scenario } from "../scenario.ts";

const PATHS = ["/v1/orgs", "/v1/sites", "/v1/devices"] as const;

/** Asks for each listing without a credential, and with one that the vendor never issued. */
export const credentials = scenario(
  "authentication",
  "Call without a credential, and with a wrong one",
  ["discovery"],
  async ({ discovery }, { recorder }) => {
    const wrongKey = `not-a-key-${randomBytes(12).toString("hex")}`;
    const ask = (purpose: string, credential: string | null) =>
      Promise.all(
        PATHS.map((path) =>
          recorder.call({ purpose: `${path} ${purpose}`, url: apiUrl(discovery, path), credential }),
        ),
      );
    return {
      wrongKey,
      withoutCredential: await ask("without a credential", null),
      wrongCredential: await ask("with a wrong credential", wrongKey),
    };
  },
);
