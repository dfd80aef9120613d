import { MANIFEST_PATH } from "@convergint/schemas";
import type { Exchange } from "../../evidence/exchange.ts";
import { objectOf, textOf } from "../../evidence/read.ts";
import type { Recorder } from "../../harness/recorder.ts";
import { apiUrl } from "../api.ts";
import { scenario } from "../scenario.ts";

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
);
