import { randomUUID } from "node:crypto";
import { generateSecret } from "@convergint/webhooks";
import type { Posting } from "../../harness/poster.ts";
import { scenario } from "../scenario.ts";
import { freshDevice, type ReceiverDrive, statusChanged } from "./receiver-drive.ts";

const MINUTE_MS = 60_000;

/** Rewrites JSON so that no serializer would produce the same bytes. */
const writeUnusually = (text: string): string =>
  text
    .replace("{", '{ \n\t"z": 1.50e+1, "a": "\\u0041\\/",')
    .replace('"specversion"', '"specversi\\u006fn"')
    .replace(/\}$/, " }\r\n");

/** Changes one header after signing; `undefined` removes it. */
const header = (name: string, change: (value: string) => string | undefined): Pick<Posting, "headers"> => ({
  headers: (signed) => ({ [name]: change(signed[name] ?? "") }),
});

/** The forgeries: each changes a valid delivery. */
const FORGERIES: readonly ((good: Pick<Posting, "id" | "body"> & { readonly body: string }) => Posting)[] = [
  (good) => ({ ...good, purpose: "an event signed with an unknown secret", keys: generateSecret() }),
  (good) => ({
    ...good,
    purpose: "an event whose status changed after signing",
    bodySent: good.body.replace('"offline"', '"online"'),
  }),
  (good) => ({ ...good, purpose: "an event with a space added after signing", bodySent: `${good.body} ` }),
  (good) => ({
    ...good,
    purpose: "an event whose id changed after signing",
    ...header("webhook-id", () => `evt-${randomUUID()}`),
  }),
  (good) => ({
    ...good,
    purpose: "an event whose timestamp changed after signing",
    ...header("webhook-timestamp", (seconds) => String(Number(seconds) - 1)),
  }),
  (good) => ({
    ...good,
    purpose: "an event without a signature",
    ...header("webhook-signature", () => undefined),
  }),
  (good) => ({
    ...good,
    purpose: "an event without a timestamp",
    ...header("webhook-timestamp", () => undefined),
  }),
  (good) => ({ ...good, purpose: "an event without an id", ...header("webhook-id", () => undefined) }),
  (good) => ({
    ...good,
    purpose: "an event with an empty signature",
    ...header("webhook-signature", () => "v1,"),
  }),
  (good) => ({
    ...good,
    purpose: "an event with its signature under an unknown scheme",
    ...header("webhook-signature", (text) => text.replace("v1,", "v9,")),
  }),
  (good) => ({
    ...good,
    purpose: "an event with half of its signature",
    ...header("webhook-signature", (text) => text.slice(0, 20)),
  }),
];

/** Posts valid, forged and stale deliveries. */
export const signatures = scenario(
  "signatures",
  "Post valid, forged and stale deliveries",
  [],
  async (_, drive: ReceiverDrive) => {
    const { poster, secrets, otherSecret, clock } = drive;
    const ago = (minutes: number) => new Date(clock.now() - minutes * MINUTE_MS);
    const made = () => {
      const event = statusChanged(drive, freshDevice(), "offline");
      return { id: event.id, body: JSON.stringify(event) };
    };
    const good = await poster.post({ purpose: "a valid event", ...made() });
    const { id, body } = made();
    const unusualBytes = await poster.post({
      purpose: "a valid event with unusual JSON",
      id,
      body: writeUnusually(body),
    });
    const withAnotherSignature = await poster.post({
      purpose: "a valid event with two signatures, the first of them made with another secret",
      ...made(),
      keys: [generateSecret(), secrets[0]],
    });
    const bySecret = [];
    for (const [index, keys] of secrets.entries()) {
      bySecret.push(
        await poster.post({
          purpose: `an event signed with secret ${index + 1} of ${secrets.length}`,
          ...made(),
          keys,
        }),
      );
    }
    const forged = [];
    for (const forge of FORGERIES) forged.push(await poster.post(forge(made())));
    const at = (purpose: string, timestamp: Date) => poster.post({ purpose, ...made(), timestamp });
    return {
      good,
      unusualBytes,
      withAnotherSignature,
      bySecret,
      forged,
      offTime: [
        await at("an event signed six minutes ago", ago(6)),
        await at("an event signed a day ago", ago(24 * 60)),
        await at("an event signed six minutes ahead", ago(-6)),
      ],
      almostOffTime: [
        await at("an event signed four minutes ago", ago(4)),
        await at("an event signed four minutes ahead", ago(-4)),
      ],
      ofAnother:
        otherSecret === null
          ? null
          : await poster.post({
              purpose: "an event signed with the secret of another integration",
              ...made(),
              keys: otherSecret,
            }),
    };
  },
);
