import type { CampusDevice } from "../estate/initial-status.ts";
import type { Inventory } from "../inventory/inventory.ts";
import type { DeviceOccurrence } from "./device-events.ts";
import { newOccurrence } from "./occurrence.ts";

/** What happens to each device, one thing after the other. */
export class DeviceTurns {
  readonly #inventory: Inventory;
  /** How many events each device has published, by device id. */
  readonly #sequences = new Map<string, number>();
  /** Ends with the last turn of each device, by device id. */
  readonly #turns = new Map<string, Promise<unknown>>();

  constructor(inventory: Inventory) {
    this.#inventory = inventory;
  }

  /**
   * Takes what happens to a device on top of what happened to it before.
   *
   * @throws {ProblemError} `unknown_device` where it is gone by then
   */
  take<Result>(of: CampusDevice, happen: (device: CampusDevice) => Promise<Result>): Promise<Result> {
    const next = () => happen(this.#inventory.current(of));
    const before = this.#turns.get(of.device_id) ?? Promise.resolve();
    const turn = before.then(next, next);
    this.#turns.set(of.device_id, turn);
    return turn;
  }

  /** What tells the next event of a device from those before. */
  occurrence({ device_id }: Pick<CampusDevice, "device_id">, moment: Date): DeviceOccurrence {
    const sequence = (this.#sequences.get(device_id) ?? 0) + 1;
    this.#sequences.set(device_id, sequence);
    return { ...newOccurrence(moment), sequence };
  }
}
