import type { CampusDevice } from "../estate/initial-status.ts";
import type { Inventory } from "../inventory/inventory.ts";
import { type DeviceOccurrence, newOccurrence } from "./device-events.ts";

/** Serializes the changes of each device. */
export class DeviceTurns {
  readonly #inventory: Inventory;
  readonly #now: () => Date;
  /** How many events each device has published, by device id. */
  readonly #sequences = new Map<string, number>();
  /** A promise for each device's last turn, by device id; it settles with the turn. */
  readonly #turns = new Map<string, Promise<unknown>>();
  /** The moment of each device's last change, in Unix milliseconds, by device id. */
  readonly #moments = new Map<string, number>();

  constructor(inventory: Inventory, now: () => Date) {
    this.#inventory = inventory;
    this.#now = now;
  }

  /**
   * Returns the time of a device's next change: never before that of its previous change, which another
   * replica with another clock may have made.
   */
  moment({ device_id }: Pick<CampusDevice, "device_id">): Date {
    const previous = this.#moments.get(device_id) ?? 0;
    const moment = Math.max(previous, this.#now().getTime());
    this.#moments.set(device_id, moment);
    return new Date(moment);
  }

  /**
   * Runs a change of a device after all earlier changes of that device.
   *
   * @throws {ProblemError} `unknown_device` if the device was removed meanwhile
   */
  take<Result>(of: CampusDevice, happen: (device: CampusDevice) => Promise<Result>): Promise<Result> {
    const next = () => happen(this.#inventory.current(of));
    const before = this.#turns.get(of.device_id) ?? Promise.resolve();
    const turn = before.then(next, next);
    this.#turns.set(of.device_id, turn);
    return turn;
  }

  /** Returns the id, time and sequence of the next event of a device. */
  occurrence({ device_id }: Pick<CampusDevice, "device_id">, moment: Date): DeviceOccurrence {
    const sequence = (this.#sequences.get(device_id) ?? 0) + 1;
    this.#sequences.set(device_id, sequence);
    return { ...newOccurrence(moment), sequence };
  }
}
