import type { Scenario } from "../scenario.ts";
import { batches, content } from "./content.ts";
import { duplicates } from "./duplicates.ts";
import { observations } from "./observations.ts";
import { order } from "./order.ts";
import { pollerLimits, polling, removals } from "./polling.ts";
import type { ReceiverDrive } from "./receiver-drive.ts";
import { signatures } from "./signatures.ts";
import { unknownContent, vendorTerms } from "./unknown-content.ts";

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
