import { CLOCKS } from "./event-sequences/clocks.ts";
import { EVENTS } from "./event-sequences/events.ts";
import { SNAPSHOTS } from "./event-sequences/snapshots.ts";
import { vectorFile } from "./vector-file.ts";

/** What is told of one device, in many orders, and its status then. @see spec/1.0/contract.md#order-of-observations */
export const eventSequences = vectorFile(
  "Observations of one device, each with the moment at which the consumer received it. Told in any of `orders` (positions in `observations`), the device's status is `final`.",
  [...EVENTS, ...SNAPSHOTS, ...CLOCKS],
);
