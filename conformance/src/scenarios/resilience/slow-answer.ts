import { scenario } from "../scenario.ts";

/** Waits for the end of the one delivery that is answered after a long while. */
export const slowAnswer = scenario(
  "slowAnswer",
  "See whether the vendor waits for a slow answer",
  ["retries"],
  async ({ retries: { slowDestination, slowSeconds } }, { receiver, signal, clock, progress }) => {
    const [first] = receiver.deliveriesTo(slowDestination);
    const since = first ? (clock.now() - Date.parse(first.receivedAt)) / 1000 : slowSeconds;
    const seconds = Math.max(0, slowSeconds - since) + 1;
    progress(`one delivery is answered after ${slowSeconds} s; waiting ${Math.ceil(seconds)} s for that`);
    const never = () => false;
    await receiver.waitUntil(slowDestination, never, { seconds, signal });
    return { slowSeconds, deliveries: [...receiver.deliveriesTo(slowDestination)] };
  },
);
