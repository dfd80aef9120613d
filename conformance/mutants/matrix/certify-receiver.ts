import { createVirtualClock } from "@convergint/testing/virtual-clock";
import { generateSecret } from "@convergint/webhooks";
import type { checks as allChecks } from "../../src/checks/index.ts";
import { prerequisites } from "../../src/registry/prerequisites.ts";
import type { Run } from "../../src/suite/grade.ts";
import { runReceiverSuite } from "../../src/suite/run-receiver.ts";
import {
  correctParts,
  createReferenceReceiver,
  type ReceiverMutant,
} from "../subjects/reference-receiver.ts";

const POLL_SECONDS = 0.05;
const API_KEY = "key-of-the-inventory-of-the-matrix";
const PLACE = { orgId: "org-of-the-matrix", siteId: "site-of-the-matrix" };

/**
 * Runs the receiver suite against a mutant of the reference receiver, on a virtual clock.
 *
 * @param mutant `null` for the receiver without a defect
 */
export async function certifyReceiver(
  mutant: ReceiverMutant | null,
  checks: typeof allChecks,
  signal: AbortSignal,
): Promise<Run> {
  const polls =
    mutant === null ||
    mutant.polls === true ||
    prerequisites.get(mutant.breaks)?.needs === "polled_inventory";
  const secrets = [generateSecret(), generateSecret()] as const;
  const otherSecret = generateSecret();
  const clock = createVirtualClock();
  const setup = { secrets, otherSecret, boundOrg: PLACE.orgId, clock };
  const correct = correctParts(setup);
  const receiver = createReferenceReceiver({ ...correct, ...mutant?.parts(correct, setup) }, clock);
  try {
    const base = await receiver.listen();
    const inventory = {
      port: 0,
      credential: { apiKey: API_KEY },
      pollSeconds: POLL_SECONDS,
      onServing: (baseUrl: string) =>
        receiver.poll({ baseUrl, apiKey: API_KEY, everyMs: POLL_SECONDS * 1000 }),
    };
    const url = new URL("/hooks", base);
    const status = { url: `${base}/devices/{device_id}`, token: null };
    const options = { url, secrets, otherSecret, place: PLACE, status, signal, checks, clock };
    return await clock.run(() => runReceiverSuite({ ...options, inventory: polls ? inventory : null }));
  } finally {
    await clock.run(() => receiver.close());
  }
}
