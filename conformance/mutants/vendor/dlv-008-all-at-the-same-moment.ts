import { setTimeout as wait } from "node:timers/promises";
import { attemptCounter, mutant } from "../mutant.ts";

/** When the attempts come, in seconds from the first: later than chance makes any of them, so that none is left of it. */
const MOMENTS = [0, 1.5, 4.5, 10];

export default mutant({
  breaks: "DLV-008",
  defect: "no wait varies by chance",
  behaviour: () => {
    const attempt = attemptCounter();
    const begun = new Map<string, number>();
    return {
      async send(delivery, post) {
        const key = `${delivery.url} ${delivery.headers["webhook-id"]}`;
        const first = begun.get(key) ?? Date.now();
        begun.set(key, first);
        const moment = MOMENTS[attempt(delivery) - 1] ?? 0;
        await wait(Math.max(0, first + moment * 1000 - Date.now()));
        return post(delivery);
      },
    };
  },
});
