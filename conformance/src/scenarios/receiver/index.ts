import type { Scenario } from "../scenario.ts";
import { batches } from "./batches.ts";
import { content } from "./content.ts";
import { observations } from "./observations.ts";
import { openness } from "./openness.ts";
import { order } from "./order.ts";
import { polling } from "./polling.ts";
import type { ReceiverDrive } from "./receiver-drive.ts";
import { removals } from "./removals.ts";
import { repetition } from "./repetition.ts";
import { restraint } from "./restraint.ts";
import { signatures } from "./signatures.ts";
import { words } from "./words.ts";

/** Every scenario that drives a consumer, in the order they run. */
export const receiverScenarios: readonly Scenario<ReceiverDrive>[] = [
  signatures,
  content,
  openness,
  repetition,
  order,
  batches,
  polling,
  removals,
  observations,
  words,
  restraint,
];
