import { toPrintable } from "@convergint/internal/printable";
import type { Exchange } from "../evidence/exchange.ts";
import { type Clock, dateOf, startTimeout } from "./clock.ts";
import type { DeviceCommand, TriggerCommand } from "./trigger-command.ts";

/** The terminal at which a person sits. */
export interface PersonTerminal {
  /** Shows lines of text, each ended by a newline. */
  readonly show: (text: string) => void;
  /** Reads a line. @param signal ends the reading; the promise then rejects */
  readonly ask: (prompt: string, signal: AbortSignal) => Promise<string>;
}

/** A device, as a person recognizes it. */
export interface KnownDevice {
  readonly deviceId: string;
  readonly name: string | null;
  readonly type: string | null;
  readonly site: string | null;
  /** Whether the vendor reports the status of its type with events. */
  readonly hasEvents: boolean;
}

/** A person who changes devices by hand, because the vendor offers no other way. */
export interface Person extends TriggerCommand {
  /** Learns the devices that the inventory lists. */
  readonly know: (devices: readonly KnownDevice[]) => void;
  /**
   * Chooses devices for the person, of different types if possible. Prefers devices that the person has changed already, so
   * that the person needs to go to few places.
   *
   * @param candidates ids of all suitable devices
   */
  readonly pick: (candidates: readonly string[], max: number) => readonly string[];
  /**
   * Announces what the run will ask for.
   *
   * @param remaining how many changes, from now on
   * @param untested what this way cannot test, one line each
   */
  readonly expect: (remaining: number, untested: readonly string[]) => void;
  /** Asks to restore devices that are still changed. After Ctrl-C, only lists them. */
  readonly finish: () => Promise<void>;
}

export interface PersonOptions {
  readonly terminal: PersonTerminal;
  readonly signal: AbortSignal;
  readonly clock: Clock;
  /** Time limit of one change. Default: 600. */
  readonly timeoutSeconds?: number;
}

/**
 * Thrown when the person wants to change another device. The scenario has to begin again, with the devices that
 * `pick` now returns.
 */
export class OtherDeviceError extends Error {
  readonly code = "other_device";
  constructor() {
    super("the person chose another device");
    this.name = "OtherDeviceError";
  }
}

/** The URL of an exchange in which a person changed a device. */
export const PERSON_URL = "person:status";

/** An answer that comes sooner than this after the question is a second press of the Enter key. */
const MIN_ANSWER_MS = 700;
/** How many devices to list at once. */
const MAX_LISTED = 15;
const SKIPPED = "the person skipped the change";

const minutes = (seconds: number) => (seconds % 60 === 0 ? `${seconds / 60} min` : `${seconds} s`);

/** Words the request for a change. */
function wordRequest({ status, status_reason: reason }: DeviceCommand, name: string): string {
  if (status === "offline") return `Take *${name}* offline`;
  if (status === "online") return `Put *${name}* back online`;
  return `Bring *${name}* into the status ${status}${reason === undefined ? "" : ` (${reason})`}`;
}

/** Creates the dialogue with a person who changes devices. */
export function createPerson({ terminal, signal, clock, timeoutSeconds = 600 }: PersonOptions): Person {
  const known = new Map<string, KnownDevice>();
  /** Ids of the devices that the person changes, best first. */
  const preferred: string[] = [];
  const declined = new Set<string>();
  /** The devices that the person may choose instead of a device, by its id. */
  const alternatives = new Map<string, readonly string[]>();
  /** Ids of the devices that are now changed. */
  const changed = new Set<string>();
  let [asked, total, runs] = [0, 0, 0];
  let introduction: readonly string[] | null = null;
  let queue: Promise<unknown> = Promise.resolve();

  const nameOf = (deviceId: string) => toPrintable(known.get(deviceId)?.name ?? deviceId);
  const describe = (deviceId: string): string => {
    const { type, site } = known.get(deviceId) ?? {};
    return toPrintable([type, site && `at ${site}`, `id ${deviceId}`].filter(Boolean).join(", "));
  };

  /** Reads an answer within the time limit. @returns `null` at the time limit */
  async function answer(prompt: string): Promise<string | null> {
    const timeout = startTimeout(clock, timeoutSeconds * 1000);
    const ending = AbortSignal.any([signal, timeout.signal]);
    try {
      for (;;) {
        const since = clock.now();
        const line = (await terminal.ask(prompt, ending)).trim();
        if (line !== "" || clock.now() - since >= MIN_ANSWER_MS) return line;
      }
    } catch (error) {
      signal.throwIfAborted();
      if (timeout.signal.aborted) return null;
      throw error;
    } finally {
      timeout.cancel();
    }
  }

  function introduce(): void {
    if (introduction === null) return;
    const lines = [
      "",
      `This run asks you for at most ${total} changes. Make each change at the device itself or in your own console, and`,
      "press Enter as soon as the change is made. Ctrl-C ends the run.",
      ...introduction.map((line) => `Not tested this way: ${line}`),
    ];
    terminal.show(`${lines.join("\n")}\n`);
    introduction = null;
  }

  /** Lets the person choose another device instead of one. */
  async function chooseInstead(deviceId: string): Promise<void> {
    let listed = (alternatives.get(deviceId) ?? []).filter((id) => id !== deviceId && !declined.has(id));
    const all = listed;
    for (;;) {
      const lines = listed
        .slice(0, MAX_LISTED)
        .map((id, index) => `  ${index + 1}. ${nameOf(id)} (${describe(id)})`);
      if (listed.length > MAX_LISTED) lines.push(`  … and ${listed.length - MAX_LISTED} more`);
      terminal.show(`${lines.join("\n")}\n`);
      const line = await answer(
        `Number of the device, or a part of its name (Enter: keep *${nameOf(deviceId)}*): `,
      );
      if (line === null || line === "") return;
      const chosen = /^\d+$/.test(line) ? listed[Number(line) - 1] : undefined;
      const matching = all.filter((id) =>
        `${nameOf(id)} ${describe(id)}`.toLowerCase().includes(line.toLowerCase()),
      );
      const [only] = matching;
      if (chosen === undefined && (matching.length !== 1 || only === undefined)) {
        if (matching.length === 0) terminal.show(`No device matches ${toPrintable(line)}.\n`);
        listed = matching.length === 0 ? all : matching;
        continue;
      }
      declined.add(deviceId);
      const at = preferred.indexOf(deviceId);
      preferred.splice(at === -1 ? preferred.length : at, at === -1 ? 0 : 1, chosen ?? only ?? deviceId);
      throw new OtherDeviceError();
    }
  }

  /** Asks for one change. @returns why the change was not made; `null` if it was made */
  async function request(command: DeviceCommand, isExtra: boolean): Promise<string | null> {
    const { device_id: deviceId, status } = command;
    const isRestoring = status === "online";
    if (isRestoring && !changed.has(deviceId)) return "the device was not changed before";
    introduce();
    if (!isExtra) asked += 1;
    // Another device can be chosen only while nothing is changed, because the scenario then begins again.
    const canChoose = !isRestoring && changed.size === 0 && (alternatives.get(deviceId)?.length ?? 0) > 1;
    const keys = ["s: skip", ...(canChoose ? ["c: choose another device"] : [])];
    const place = isExtra ? "" : `[${asked} of at most ${Math.max(asked, total)}] `;
    for (;;) {
      terminal.show(
        `\n${place}${wordRequest(command, nameOf(deviceId))}, then press Enter.\n    ${describe(deviceId)}\n    ${keys.join(" · ")} · time limit ${minutes(timeoutSeconds)}\n`,
      );
      const line = await answer("> ");
      if (line === null) {
        terminal.show(`No answer in ${minutes(timeoutSeconds)}, so this change is skipped.\n`);
        return `the person did not confirm the change within ${minutes(timeoutSeconds)}`;
      }
      if (line === "") {
        if (isRestoring) changed.delete(deviceId);
        else changed.add(deviceId);
        return null;
      }
      if (line === "s") return SKIPPED;
      if (line === "c" && canChoose) {
        try {
          await chooseInstead(deviceId);
        } catch (error) {
          if (error instanceof OtherDeviceError) asked -= 1;
          throw error;
        }
      } else terminal.show(`Press Enter when the change is made. ${keys.join(" · ")}\n`);
    }
  }

  /** Asks one question at a time. */
  function inTurn<T>(act: () => Promise<T>): Promise<T> {
    const result = queue.then(act);
    queue = result.catch(() => {});
    return result;
  }

  const rank = (id: string) => {
    const at = preferred.indexOf(id);
    if (at !== -1) return at;
    return preferred.length + (known.get(id)?.hasEvents === true ? 0 : 1) + (declined.has(id) ? 2 : 0);
  };

  return {
    kind: "person",
    know(devices) {
      for (const device of devices) known.set(device.deviceId, device);
    },
    pick(candidates, max) {
      const inOrder = candidates.toSorted((one, other) => rank(one) - rank(other));
      const chosen: string[] = [];
      const typeOf = (id: string) => known.get(id)?.type;
      for (const id of inOrder) {
        if (chosen.length === max) break;
        if (!chosen.some((other) => typeOf(other) === typeOf(id))) chosen.push(id);
      }
      for (const id of chosen) {
        alternatives.set(id, candidates);
        if (!preferred.includes(id)) preferred.push(id);
      }
      return chosen;
    },
    expect(remaining, untested) {
      total = asked + remaining;
      if (runs === 0) introduction = untested;
    },
    async run(purpose, command): Promise<Exchange> {
      return inTurn(async () => {
        signal.throwIfAborted();
        runs += 1;
        const id = `t${runs}`;
        const started = dateOf(clock);
        const failure = await request(command, false);
        return {
          id,
          purpose,
          request: { method: "TRIGGER", url: PERSON_URL, headers: {}, body: JSON.stringify(command) },
          response: failure === null ? { status: 200, headers: {}, body: "" } : null,
          failure,
          startedAt: started.toISOString(),
          durationMs: clock.now() - started.getTime(),
        };
      });
    },
    async finish() {
      for (const deviceId of [...changed]) {
        if (signal.aborted) break;
        const restore = { command: "status", device_id: deviceId, status: "online" } as const;
        // Ctrl-C during the question: the devices are listed below.
        await inTurn(() => request(restore, true)).catch(() => {});
      }
      if (changed.size === 0) return;
      const lines = [...changed].map((deviceId) => `  ${nameOf(deviceId)} (${describe(deviceId)})`);
      terminal.show(`\nThese devices are still changed. Put them back online:\n${lines.join("\n")}\n`);
    },
  };
}
