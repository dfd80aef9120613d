import { generateSecret } from "@convergint/webhooks";
import type { checks as allChecks } from "../../src/checks/index.ts";
import { prerequisites } from "../../src/registry/prerequisites.ts";
import type { Run } from "../../src/suite/grade.ts";
import { runReceiverSuite } from "../../src/suite/run-receiver.ts";
import type { ReceiverMutant } from "../subjects/receiver-mutant.ts";
import { createReferenceReceiver, rightParts } from "../subjects/reference-receiver.ts";

/** So often that a run waits for nothing, and not so often that the runs beside it do. */
const POLL_SECONDS = 0.05;
const API_KEY = "key-of-the-inventory-of-the-matrix";
const PLACE = { orgId: "org-of-the-matrix", siteId: "site-of-the-matrix" };

/** Runs the receiver suite against a mutant of the reference receiver, or against the one without a defect. */
export async function certifyReceiver(
  mutant: ReceiverMutant | null,
  checks: typeof allChecks,
  signal: AbortSignal,
): Promise<Run> {
  // One that polls asks without a pause, which the runs beside it would wait for.
  const polls = mutant === null || prerequisites.get(mutant.breaks)?.needs === "polled_inventory";
  const secrets = [generateSecret(), generateSecret()] as const;
  const otherSecret = generateSecret();
  const setup = { secrets, otherSecret, boundOrg: PLACE.orgId };
  const right = rightParts(setup);
  const receiver = createReferenceReceiver({ ...right, ...mutant?.parts(right, setup) });
  try {
    const base = await receiver.listen();
    return await runReceiverSuite({
      url: new URL("/hooks", base),
      secrets,
      otherSecret,
      place: PLACE,
      inventory: polls
        ? {
            port: 0,
            apiKey: API_KEY,
            pollSeconds: POLL_SECONDS,
            onServing: (baseUrl) => receiver.poll({ baseUrl, apiKey: API_KEY, everyMs: POLL_SECONDS * 1000 }),
          }
        : null,
      status: { url: `${base}/devices/{device_id}`, token: null },
      signal,
      checks,
    });
  } finally {
    await receiver.close();
  }
}
