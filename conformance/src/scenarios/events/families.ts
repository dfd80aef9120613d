import { randomBytes } from "node:crypto";
import type { SeededRandom } from "@convergint/internal/seeded-random";
import type { Evidence } from "../../evidence/evidence.ts";
import { readPostedTypes } from "../../evidence/manifest.ts";
import { isPublished } from "../../evidence/match-deliveries.ts";
import type { FamilyOccurrence } from "../../evidence/resilience-evidence.ts";
import { CannotDriveError, type Drive, requireWebhooks, scenario } from "../scenario.ts";
import { acquireEndpoint, releaseEndpoint } from "./acquire-endpoint.ts";
import { deviceTypesOf, type FamilyStep, familyChains, orgChains } from "./family-chains.ts";
import { deviceOfType, sandboxUrl, takesCommand } from "./sandbox-device.ts";
import { patienceOf, publicationSecondsOf } from "./status-change.ts";

/** One sequence of events, and the device that the suite asks to send them. */
interface Trial {
  readonly deviceId: string;
  readonly steps: readonly FamilyStep[];
}

type Seen = Pick<Evidence, "discovery" | "devices" | "catalogue" | "health">;
type Untried = Evidence["families"]["untried"][number];

/**
 * Returns two lists: one device with the events to request for each device type, and the events that no
 * device can publish.
 */
function plan(
  seen: Seen,
  chain: readonly FamilyStep[],
  chance: SeededRandom,
): { trials: Trial[]; untried: Untried[] } {
  const declared = readPostedTypes(seen.discovery.manifest);
  const offered = chain.filter(({ type }) => declared.includes(type));
  const deviceTypes = new Set(offered.flatMap(({ type }) => deviceTypesOf(seen, type)));
  const trials = [...deviceTypes].flatMap((deviceType): Trial[] => {
    const deviceId = deviceOfType(deviceType, seen.devices, chance);
    const steps = offered.filter(({ type }) => deviceTypesOf(seen, type).includes(deviceType));
    return deviceId === null ? [] : [{ deviceId, steps }];
  });
  const untried = offered
    .filter((step) => !trials.some(({ steps }) => steps.includes(step)))
    .map(({ type }) => {
      const types = deviceTypesOf(seen, type);
      const reason =
        types.length === 0
          ? "the event catalogue lists no device type for this event, so no device can publish it"
          : `the inventory has no device of type ${types.join(" or ")} to publish this event`;
      return { type, reason };
    });
  return { trials, untried };
}

/** Names the device as the connector of a connector event, as the contract requires of a listed connector. */
const withConnector = (data: FamilyStep["data"], deviceId: string): FamilyStep["data"] =>
  "connector_id" in data ? { ...data, connector_id: deviceId } : data;

/** Makes devices publish every event of the optional families that the manifest declares, and records the deliveries. */
export const families = scenario(
  "families",
  "Make devices publish the events of each family",
  ["discovery", "devices", "catalogue", "health"],
  async (seen, drive) => {
    requireWebhooks(seen.health);
    const { recorder, receiver, signal, clock } = drive;
    if (!takesCommand(seen.discovery, "events")) {
      throw new CannotDriveError(
        "cannot make a device publish an event: the manifest does not declare the sandbox command events",
      );
    }
    const waitSeconds = publicationSecondsOf(seen.discovery);
    const endpoint = await acquireEndpoint(seen.discovery, drive);
    const { destination } = endpoint;
    const deliveries = receiver.deliveriesTo(destination);

    async function attempt({ deviceId, steps }: Trial): Promise<FamilyOccurrence[]> {
      const events: FamilyOccurrence[] = [];
      for (const { type, data } of steps) {
        const url = sandboxUrl(seen.discovery, deviceId, "events");
        if (url === null) throw new CannotDriveError("the manifest has no usable control_url; see MAN-001");
        const from = deliveries.length;
        const purpose = `make a device publish ${type}`;
        const post = (json: object) => recorder.call({ purpose, method: "POST", url, json });
        let command = await post({ type, data: withConnector(data, deviceId) });
        // The device may belong to a connector that the inventory does not list; the vendor knows its name.
        if (command.response?.status === 400 && "connector_id" in data) {
          const { connector_id: _, ...others } = data;
          command = await post({ type, data: others });
        }
        const about = { type, deviceId, from, command };
        const requested = clock.now();
        await receiver.waitUntil(destination, () => isPublished(about, deliveries), {
          seconds: command.response?.status === 202 ? waitSeconds : 0,
          signal,
        });
        const waitedSeconds = (clock.now() - requested) / 1000;
        events.push({ ...about, to: deliveries.length, waitedSeconds });
      }
      return events;
    }

    // The id is random, not derived from the seed, because the vendor may remember ids of an earlier run.
    const id = randomBytes(6).toString("hex");
    const side = familyChains(id).map((chain) => plan(seen, chain, drive.chance));
    const last = orgChains(id).map((chain) => plan(seen, chain, drive.chance));
    const events = await runTrials(
      side.flatMap(({ trials }) => trials),
      attempt,
      drive,
    );
    // These events may disconnect a connector and the devices behind it; all of these devices must be online
    // again before the next scenario.
    const since = clock.now();
    for (const trial of last.flatMap(({ trials }) => trials)) events.push(...(await attempt(trial)));
    await drive.reports.reconnected(since, patienceOf(seen.discovery));
    const evidence = {
      waitSeconds,
      events,
      untried: [...side, ...last].flatMap(({ untried }) => untried),
      deliveries: [...deliveries],
    };
    await releaseEndpoint(seen.discovery, endpoint, drive);
    return evidence;
  },
);

/**
 * Requests the events of one device one after the other, so that the suite can tell them apart. Different
 * devices publish concurrently.
 */
async function runTrials(
  trials: readonly Trial[],
  attempt: (trial: Trial) => Promise<FamilyOccurrence[]>,
  { progress }: Drive,
): Promise<FamilyOccurrence[]> {
  const byDevice = Map.groupBy(trials, ({ deviceId }) => deviceId);
  progress(`${byDevice.size} devices publish ${trials.length} sequences of events`);
  const done = await Promise.all(
    [...byDevice.values()].map(async (own) => {
      const events: FamilyOccurrence[] = [];
      for (const trial of own) events.push(...(await attempt(trial)));
      return events;
    }),
  );
  return done.flat();
}
