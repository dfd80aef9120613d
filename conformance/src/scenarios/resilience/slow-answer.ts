import { scenario } from "../scenario.ts";

/** Waits for the end of the delivery that gets a slow response. */
export const slowAnswer = scenario(
  "slowAnswer",
  "Wait for the end of a slow response",
  ["retries"],
  async ({ retries: { slowDestination, slowSeconds } }, { receiver, signal, clock, progress }) => {
    const [first] = receiver.deliveriesTo(slowDestination);
    const since = first ? (clock.now() - Date.parse(first.receivedAt)) / 1000 : slowSeconds;
    const seconds = Math.max(0, slowSeconds - since) + 1;
    progress(`waiting ${Math.ceil(seconds)} s for a response that takes ${slowSeconds} s`);
    const never = () => false;
    await receiver.waitUntil(slowDestination, never, { seconds, signal });
    return { slowSeconds, deliveries: [...receiver.deliveriesTo(slowDestination)] };
  },
);
