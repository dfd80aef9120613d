import { randomUUID } from "node:crypto";
import { generateSecret } from "@convergint/webhooks";
import type { Posting } from "../../harness/poster.ts";
import { scenario } from "../scenario.ts";
import { freshDevice, type ReceiverDrive, statusChanged } from "./receiver-drive.ts";

const MINUTE_MS = 60_000;

/**
 * Rewrites JSON so that no serializer would produce the same bytes. The number is in `data`, because CloudEvents
 * allows only integers in an event's own members.
 */
const writeUnusually = (text: string): string =>
  text
    .replace("{", "{ \n\t")
    .replace('"data":{', '"data": {"z": 1.50e+1, "a": "\\u0041\\/",')
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
  (good) => ({
    ...good,
    purpose: "a body that is not JSON and that its signature does not cover",
    bodySent: "{",
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
    const made = (deviceId = freshDevice()) => {
      const event = statusChanged(drive, deviceId, "offline");
      return { id: event.id, body: JSON.stringify(event) };
    };
    const goodDevice = freshDevice();
    const good = await poster.post({ purpose: "a valid event", ...made(goodDevice) });
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
    const forgedDevices = FORGERIES.map(() => freshDevice());
    const forged = await Promise.all(
      FORGERIES.map((forge, index) => poster.post(forge(made(forgedDevices[index])))),
    );
    const at = (purpose: string, timestamp: Date) => poster.post({ purpose, ...made(), timestamp });
    /** What the consumer shows afterwards: the control first, then the devices of refused events. */
    const lookUp = async () => {
      if (!drive.probe) return null;
      const control = await drive.probe.read(goodDevice, "offline");
      const effects = [];
      for (const [index, deviceId] of forgedDevices.entries()) {
        if (forged[index]?.response?.status !== 401) continue;
        effects.push({ purpose: forged[index].purpose, reading: await drive.probe.readOnce(deviceId) });
      }
      return { control, effects };
    };
    return {
      forgedEffects: await lookUp(),
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
