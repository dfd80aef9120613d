import { declares } from "../../evidence/manifest.ts";
import { findAttempts, selectSuccessful } from "../../evidence/match-deliveries.ts";
import { objectOf } from "../../evidence/read.ts";
import { maxRetryWaitSeconds } from "../../evidence/resilience-evidence.ts";
import { sleep } from "../../harness/clock.ts";
import { type AnswerProgramme, status, takeAll } from "../../harness/programmed-answer.ts";
import {
  acquireEndpoint,
  recordEndpoint,
  releaseEndpoint,
  usesHandRegistered,
} from "../events/acquire-endpoint.ts";
import { devicesApart } from "../events/sandbox-device.ts";
import { leaveAsFound } from "../events/status-change.ts";
import { CannotDriveError, requireWebhooks, scenario } from "../scenario.ts";
import { changeAtOnce } from "./change-at-once.ts";
import { scheduleOf } from "./receiver-behaviours.ts";

/** The number of simultaneous changes that is enough for a batch. */
const DEVICES = 12;
/** The response of a consumer that accepts a batch but refuses one of its events. */
const PICKY = JSON.stringify({
  accepted: 0,
  refused: [
    { index: 0, code: "invalid_event", detail: "This receiver refuses the first event of every batch." },
  ],
});

const refuseFirst: AnswerProgramme = (attempt) => (attempt === 1 ? status(500) : takeAll());
const takeInPart: AnswerProgramme = () => ({
  kind: "status",
  status: 200,
  retryAfterSeconds: null,
  body: PICKY,
});

/**
 * Changes many devices at the same time, for an endpoint that refuses batches at first and for an endpoint
 * that refuses a part of each batch.
 */
export const batches = scenario(
  "vendorBatches",
  "Refuse a whole batch, and refuse a part of a batch",
  ["discovery", "devices", "health"],
  async ({ discovery, devices, health }, drive) => {
    if (!declares(objectOf(discovery.manifest), "webhooks.batching"))
      throw new CannotDriveError("the manifest does not declare webhooks.batching");
    requireWebhooks(health);
    if (drive.person) throw new CannotDriveError("a person cannot change many devices at the same time");
    const { receiver, signal, clock } = drive;
    const [firstWait] = scheduleOf(discovery);
    const isByHand = usesHandRegistered(discovery, drive);
    const refusing = await acquireEndpoint(discovery, drive, { programme: refuseFirst });
    let picky = isByHand ? null : await acquireEndpoint(discovery, drive, { programme: takeInPart });
    const chosen = devicesApart(discovery, devices, DEVICES, drive);
    const areBack = leaveAsFound(discovery, chosen, drive);
    const changes = await changeAtOnce(discovery, chosen, 0, drive);
    // The endpoint is new, and only a delivery with the same id or body is a retry.
    const isRetried = () =>
      selectSuccessful(changes).every(
        (change) => findAttempts(change, receiver.deliveriesTo(refusing.destination)).length >= 2,
      );
    const started = clock.now();
    await receiver.waitUntil(refusing.destination, isRetried, {
      seconds: maxRetryWaitSeconds(firstWait),
      signal,
    });
    const waitedMs = clock.now() - started;
    const isRestored = picky === null;
    if (picky === null) {
      // An endpoint that was registered by hand refuses first, and then accepts a part.
      await releaseEndpoint(discovery, refusing, drive);
      picky = await acquireEndpoint(discovery, drive, { programme: takeInPart });
      await changeAtOnce(discovery, chosen, 1, drive);
    }
    // A batch that is wrongly retried after a 2xx would arrive with the retries of the refused batch, or soon
    // after them.
    await sleep(clock, waitedMs, signal);
    const evidence = {
      changes,
      refusing: recordEndpoint(refusing, drive),
      picky: recordEndpoint(picky, drive),
    };
    if (!isRestored) await releaseEndpoint(discovery, refusing, drive);
    await releaseEndpoint(discovery, picky, drive);
    if (!isRestored) await changeAtOnce(discovery, chosen, 1, drive);
    areBack();
    return evidence;
  },
);
