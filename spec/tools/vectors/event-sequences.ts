import { CLOCKS } from "./event-sequences/clocks.ts";
import { EVENTS } from "./event-sequences/events.ts";
import { SNAPSHOTS } from "./event-sequences/snapshots.ts";
import { vectorFile } from "./vector-file.ts";

/** Observations of one device in many orders, and the resulting status. @see spec/1.0/contract.md#order-of-observations */
export const eventSequences = vectorFile(
  "Observations of one device, each with the moment at which the consumer received it. `orders` contains lists of positions in `observations`. Whichever of these orders the consumer processes the observations in, the resulting status is `final`.",
  [...EVENTS, ...SNAPSHOTS, ...CLOCKS],
);
