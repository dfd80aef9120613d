import { randomUUID } from "node:crypto";
import { generateSecret } from "@convergint/webhooks";
import type { Posting } from "../../harness/poster.ts";
import { scenario } from "../scenario.ts";
import { freshDevice, type ReceiverDrive, statusChanged } from "./receiver-drive.ts";

const MINUTE_MS = 60_000;

/** JSON whose bytes no writer of JSON would make again from its value. */
const unusually = (text: string): string =>
  text
    .replace("{", '{ \n\t"z": 1.50e+1, "a": "\\u0041\\/",')
    .replace('"specversion"', '"specversi\\u006fn"')
    .replace(/\}$/, " }\r\n");

/** Changes one header after it was signed; `undefined` takes it away. */
const header = (name: string, change: (value: string) => string | undefined): Pick<Posting, "headers"> => ({
  headers: (signed) => ({ [name]: change(signed[name] ?? "") }),
});

/** Each way to forge a delivery, on a good one. */
const FORGERIES: readonly ((good: Pick<Posting, "id" | "body"> & { readonly body: string }) => Posting)[] = [
  (good) => ({ ...good, purpose: "an event signed with a secret of nobody's", keys: generateSecret() }),
  (good) => ({
    ...good,
    purpose: "an event with another status than was signed",
    bodySent: good.body.replace('"offline"', '"online"'),
  }),
  (good) => ({ ...good, purpose: "an event with a space more than was signed", bodySent: `${good.body} ` }),
  (good) => ({
    ...good,
    purpose: "an event with another id than was signed",
    ...header("webhook-id", () => `evt-${randomUUID()}`),
  }),
  (good) => ({
    ...good,
    purpose: "an event with another timestamp than was signed",
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
    purpose: "an event with its signature under the name of a scheme that there is not",
    ...header("webhook-signature", (text) => text.replace("v1,", "v9,")),
  }),
  (good) => ({
    ...good,
    purpose: "an event with half of its signature",
    ...header("webhook-signature", (text) => text.slice(0, 20)),
  }),
];

/** Posts what is signed well, what is forged, and what is signed at a wrong time. */
export const signatures = scenario(
  "signatures",
  "Post what is signed well, what is forged, and what is stale",
  [],
  async (_, drive: ReceiverDrive) => {
    const { poster, secrets, otherSecret, clock } = drive;
    const ago = (minutes: number) => new Date(clock.now() - minutes * MINUTE_MS);
    const made = () => {
      const event = statusChanged(drive, freshDevice(), "offline");
      return { id: event.id, body: JSON.stringify(event) };
    };
    const good = await poster.post({ purpose: "a good event", ...made() });
    const { id, body } = made();
    const unusualBytes = await poster.post({
      purpose: "a good event of unusual bytes",
      id,
      body: unusually(body),
    });
    const besideAnother = await poster.post({
      purpose: "a good event with a signature of another secret before its own",
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
      besideAnother,
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
