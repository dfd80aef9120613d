import { MANIFEST_PATH } from "@convergint/schemas";
import { scenario } from "../scenario.ts";

/** Reads the manifest, without a credential. */
export const manifest = scenario("discovery", "Read the manifest", [], async (_, { target, recorder }) => ({
  manifest: await recorder.call({
    purpose: "read the manifest",
    url: target.href.replace(/\/$/, "") + MANIFEST_PATH,
    credential: null,
  }),
}));
