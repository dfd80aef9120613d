import { createSeededRandom } from "@convergint/internal/seeded-random";
import { type Clock, sleep } from "../clock.ts";
import type { PersonTerminal } from "../person.ts";

/** What the person at the terminal was asked to do. */
interface Asked {
  readonly deviceId: string;
  readonly status: "offline" | "online";
}

/** A person who does what the suite asks, by a script. */
export interface ScriptedPerson extends PersonTerminal {
  readonly asked: readonly Asked[];
  /** Everything that the terminal showed. */
  readonly text: () => string;
}

const REQUEST = /(?:Take|Put) \*.*\* (?:back )?(offline|online), then press Enter\.\n.*, id (.+)\n/g;

/** Reads the last request on a terminal. */
export function readRequest(shown: string): Asked | null {
  const [, status, deviceId] = [...shown.matchAll(REQUEST)].at(-1) ?? [];
  return status === "offline" || status === "online" ? { deviceId: deviceId ?? "", status } : null;
}

/**
 * Creates a person who reads a request, makes the change after some seconds, and presses Enter up to a minute
 * later.
 *
 * @param change makes the change at the vendor
 * @param choosesAnother whether the person refuses the first device, and takes another one
 */
export function createScriptedPerson(
  clock: Clock,
  change: (asked: Asked) => Promise<unknown>,
  { seed = 1, choosesAnother = false } = {},
): ScriptedPerson {
  const random = createSeededRandom(seed);
  const asked: Asked[] = [];
  let shown = "";
  let hasChosen = !choosesAnother;
  const seconds = (what: string, max: number) => random.fraction(`${what} ${asked.length}`) * max;
  return {
    asked,
    text: () => shown,
    show(text) {
      shown += text;
    },
    async ask(prompt, signal) {
      shown += prompt;
      const request = readRequest(shown);
      if (prompt.startsWith("Number")) {
        await sleep(clock, 1000, signal);
        return "1";
      }
      if (!hasChosen) {
        hasChosen = true;
        await sleep(clock, 1000, signal);
        return "c";
      }
      if (request === null) throw new Error(`nothing was asked for: ${shown.slice(-500)}`);
      asked.push(request);
      await sleep(clock, 1000 * (1 + seconds("walk", 20)), signal);
      await change(request);
      await sleep(clock, 1000 * seconds("return", 60), signal);
      return "";
    },
  };
}
