import type { Delivery } from "../../evidence/exchange.ts";
import {
  findPublishedAttempts,
  isReportOf,
  selectSuccessful,
  watchReports,
} from "../../evidence/match-deliveries.ts";
import { eventsOf, type JsonObject, textOf } from "../../evidence/read.ts";
import { maxRetryWaitSeconds, type TriggeredChange } from "../../evidence/resilience-evidence.ts";
import { compareStatusesAfter } from "../../evidence/status-agreement.ts";
import { readAfterEvents, readListing } from "../../harness/listing.ts";
import { type ProgrammedAnswer, takeAll } from "../../harness/programmed-answer.ts";
import { apiUrl } from "../api.ts";
import {
  acquireEndpoint,
  recordEndpoint,
  releaseEndpoint,
  usesHandRegistered,
} from "../events/acquire-endpoint.ts";
import { devicesApart } from "../events/sandbox-device.ts";
import { latencyOf, leaveAsFound, patienceOf } from "../events/status-change.ts";
import { CannotDriveError, scenario } from "../scenario.ts";
import { change, changeAtOnce, publishAtOnce } from "./change-at-once.ts";
import { PAUSE_SECONDS } from "./receiver-behaviours.ts";

/**
 * The number of deliveries that must have failed before the outage ends. Fewer would not show that a vendor's
 * queue of retries is too short. A vendor that pauses a failing endpoint makes only a few attempts at a time.
 */
const MIN_CUT = 60;

/**
 * Creates a function that returns the ids of the events of some kind that have arrived. It reads each delivery once, because it
 * is called at every arrival.
 *
 * @param counts returns false for deliveries to ignore
 */
function collectIds(
  deliveries: readonly Delivery[],
  isWanted: (event: JsonObject) => boolean,
  counts: (delivery: Delivery) => boolean = () => true,
): () => ReadonlySet<string> {
  const ids = new Set<string>();
  let read = 0;
  return () => {
    for (const event of deliveries.slice(read).filter(counts).flatMap(eventsOf).filter(isWanted)) {
      const id = textOf(event, "id");
      if (id !== null) ids.add(id);
    }
    read = deliveries.length;
    return ids;
  };
}

/**
 * Changes many devices at the same time while an endpoint is down, and waits until that endpoint has got all
 * the events.
 */
export const outage = scenario(
  "outage",
  "Change many devices at the same time while an endpoint is down",
  ["discovery", "devices", "catalogue", "retries"],
  async ({ discovery, devices, catalogue, retries }, drive) => {
    const { recorder, receiver, signal, clock, progress, burst } = drive;
    const latencySeconds = latencyOf(discovery);
    const chosen = devicesApart(discovery, devices, burst, drive);
    if (chosen.length === 0)
      throw new CannotDriveError("the inventory has no online device without devices behind it");
    // During the outage, the endpoint fails the first attempt at each delivery. So even a fast vendor has to
    // retry, and no vendor exhausts its retries.
    let [isOver, cut] = [false, 0];
    const cutFirst = (attempt: number): ProgrammedAnswer => {
      if (attempt > 1 || (isOver && cut >= MIN_CUT)) return takeAll();
      cut += 1;
      return { kind: "reset" };
    };
    // If only one endpoint was registered by hand, it is both `downEndpoint` and `healthyEndpoint`.
    const downEndpoint = await acquireEndpoint(discovery, drive, { programme: cutFirst });
    const healthyEndpoint = await acquireEndpoint(discovery, drive, { lend: "first" });
    const [downAt, healthyAt] = [downEndpoint.destination, healthyEndpoint.destination];
    // This endpoint never answers. If the vendor delivers to all endpoints with one pool of workers, this
    // endpoint exhausts the pool. There is no third endpoint that was registered by hand.
    const hanging = usesHandRegistered(discovery, drive)
      ? null
      : await acquireEndpoint(discovery, drive, { programme: () => ({ kind: "hang" }) });
    const url = apiUrl(discovery, "/v1/devices");

    const areBack = leaveAsFound(discovery, chosen, drive);
    progress(`changing ${chosen.length} devices at the same time while an endpoint is down`);
    const watch = drive.reports.watch();
    const changes = await changeAtOnce(discovery, chosen, 0, drive);
    // The first device changes to online and offline again, while the event of its first change waits for a
    // retry.
    const again: TriggeredChange[] = [];
    // A person changes the device only back.
    const steps = drive.person ? ([1] as const) : ([1, 0] as const);
    for (const { deviceId, course } of chosen.slice(0, 1))
      for (const step of steps) again.push(await change(discovery, deviceId, course[step], drive));
    const published = await publishAtOnce({ discovery, devices, catalogue }, drive);
    const started = clock.now();
    const successful = selectSuccessful(changes);
    const isAccepted = ({ answeredStatus }: Delivery) => answeredStatus === 204;
    // The endpoint is new, so no older delivery can be mistaken for a delivery of this change.
    const isRecovered = watchReports(successful, receiver.deliveriesTo(downAt), 0, isAccepted);
    const seconds = maxRetryWaitSeconds(retries.scheduleSeconds[0] ?? 0) + PAUSE_SECONDS;
    progress(`waiting up to ${Math.ceil(seconds)} s for the missed events`);
    await watch.all(successful, patienceOf(discovery));
    const reportsFirst = (event: JsonObject) =>
      chosen
        .slice(0, 1)
        .some(({ deviceId, course }) => course.some(({ status }) => isReportOf({ deviceId, status }, event)));
    const expected = 1 + selectSuccessful(again).length;
    const idsAtHealthy = collectIds(receiver.deliveriesTo(healthyAt), reportsFirst);
    await receiver.waitUntil(healthyAt, () => idsAtHealthy().size >= expected, {
      seconds: patienceOf(discovery),
      signal,
    });
    // The outage ends when the endpoint that was never down has got everything. A vendor that pauses a failing
    // endpoint delivers the rest now; otherwise each retry would resume deliveries that fail again.
    isOver = true;
    const repeated = [...idsAtHealthy()];
    const idsTaken = collectIds(receiver.deliveriesTo(downAt), reportsFirst, isAccepted);
    const isRepeated = () => repeated.every((id) => idsTaken().has(id));
    const isPublished = () =>
      published.every((each) => findPublishedAttempts(each, receiver.deliveriesTo(downAt)).some(isAccepted));
    await receiver.waitUntil(downAt, () => isRecovered() && isPublished() && isRepeated(), {
      seconds,
      signal,
    });
    const waitedSeconds = (clock.now() - started) / 1000;
    const list = () =>
      readListing(recorder, { purpose: "list the devices after so many changes", url, limit: 500 });
    const listingAfter = await readAfterEvents([...receiver.deliveriesTo(healthyAt)], drive, list);
    // A device may have changed shortly before the listing, and the event may still be on its way.
    const agree = () =>
      compareStatusesAfter(receiver.deliveriesTo(healthyAt), listingAfter).every(({ agrees }) => agrees);
    await receiver.waitUntil(healthyAt, agree, { seconds: patienceOf(discovery), signal });
    const [down, healthy] = [recordEndpoint(downEndpoint, drive), recordEndpoint(healthyEndpoint, drive)];
    for (const each of [downEndpoint, ...(hanging ? [hanging] : []), healthyEndpoint])
      await releaseEndpoint(discovery, each, drive);
    if (!drive.person) await changeAtOnce(discovery, chosen, 1, drive);
    areBack();
    return { latencySeconds, changes, published, repeated, down, healthy, waitedSeconds, listingAfter };
  },
  { byHand: () => 2 },
);
