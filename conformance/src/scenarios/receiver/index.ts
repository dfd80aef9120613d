import type { Scenario } from "../scenario.ts";
import { batches } from "./batches.ts";
import { content } from "./content.ts";
import { openness } from "./openness.ts";
import { order } from "./order.ts";
import type { ReceiverDrive } from "./receiver-drive.ts";
import { repetition } from "./repetition.ts";
import { signatures } from "./signatures.ts";

/** Every scenario that drives a consumer, in the order they run. */
export const receiverScenarios: readonly Scenario<ReceiverDrive>[] = [
  signatures,
  content,
  openness,
  repetition,
  order,
  batches,
];
