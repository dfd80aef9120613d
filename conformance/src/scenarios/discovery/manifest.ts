import { MANIFEST_PATH } from "@convergint/schemas";
import type { Exchange } from "../../evidence/exchange.ts";
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

/** Reads the manifest. */
export const manifest = scenario("discovery", "Read the manifest", [], async (_, { target, recorder }) => ({
  manifest: await readManifest(target, recorder),
  rejectsCertificates: process.env["NODE_TLS_REJECT_UNAUTHORIZED"] !== "0",
}));
