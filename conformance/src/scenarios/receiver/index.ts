import type { Scenario } from "../scenario.ts";
import { batches } from "./batches.ts";
import { content } from "./content.ts";
import { duplicates } from "./duplicates.ts";
import { observations } from "./observations.ts";
import { order } from "./order.ts";
import { pollerLimits, polling } from "./polling.ts";
import type { ReceiverDrive } from "./receiver-drive.ts";
import { removals } from "./removals.ts";
import { signatures } from "./signatures.ts";
import { unknownContent } from "./unknown-content.ts";
import { vendorTerms } from "./vendor-terms.ts";

/** All scenarios that drive a consumer, in order of execution. */
export const receiverScenarios: readonly Scenario<ReceiverDrive>[] = [
  signatures,
  content,
  unknownContent,
  duplicates,
  order,
  batches,
  polling,
  removals,
  observations,
  vendorTerms,
  pollerLimits,
];
