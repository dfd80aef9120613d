import { generateSecret } from "@convergint/webhooks";
import type { checks as allChecks } from "../src/checks/index.ts";
import type { Run } from "../src/suite/grade.ts";
import { runReceiverSuite } from "../src/suite/run-receiver.ts";
import type { ReceiverMutant } from "./receiver-mutant.ts";
import { createReferenceReceiver, rightParts } from "./reference-receiver.ts";

const PLACE = { orgId: "org-of-the-matrix", siteId: "site-of-the-matrix" };

/** Runs the receiver suite against a mutant of the reference receiver, or against the one without a defect. */
export async function certifyReceiver(
  mutant: ReceiverMutant | null,
  checks: typeof allChecks,
  signal: AbortSignal,
): Promise<Run> {
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
      status: { url: `${base}/devices/{device_id}`, token: null },
      signal,
      checks,
    });
  } finally {
    await receiver.close();
  }
}
