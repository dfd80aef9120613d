import type { SeededRandom } from "@convergint/internal/seeded-random";
import type { Device, RemovedDevice } from "@convergint/schemas";
import { Refusal } from "../problem.ts";
import { type Filters, hasSameFilters, type Inventory } from "./inventory.ts";
import type { Contents } from "./page-cutter.ts";

/** The state that a listing described. */
interface Described {
  readonly filters: Filters;
  /** Number of the last change in the listing. */
  readonly change: number;
  readonly members: ReadonlySet<string>;
}

/**
 * Lists all devices or only the changes; every listing comes with the next sync token.
 *
 * @see spec/1.0/contract.md#incremental-sync
 */
export class SyncTokens {
  readonly #inventory: Inventory;
  readonly #random: SeededRandom;
  readonly #issued = new Map<string, Described>();

  constructor(inventory: Inventory, random: SeededRandom) {
    this.#inventory = inventory;
    this.#random = random;
  }

  /** @throws {Refusal} `unknown_org`, `unknown_site`, `unknown_system` */
  everything(filters: Filters): Contents<Device> {
    const items = this.#inventory.devices(filters);
    return { items, syncToken: this.#issue(filters) };
  }

  /**
   * @throws {Refusal} `unknown_org`, `unknown_site`, `unknown_system`; `invalid_parameter` for a token that was not
   *   issued, or that was issued for other filters
   */
  changes(filters: Filters, since: string): Contents<Device | RemovedDevice> {
    // Validates the filters: throws for an unknown org, site or system, with or without a token.
    this.#inventory.devices(filters);
    const known = this.#issued.get(since);
    if (known === undefined || !hasSameFilters(known.filters, filters))
      throw new Refusal(
        "invalid_parameter",
        "Set since to the sync_token on the last page of a listing, and use the filters of that listing.",
      );
    const items = this.#inventory.changed(known.change, filters, known.members);
    return { items, syncToken: this.#issue(filters) };
  }

  #issue(filters: Filters): string {
    const token = `sync_${this.#random.hex(`sync/${this.#issued.size}`, 24)}`;
    const members = new Set(this.#inventory.devices(filters).map(({ device_id }) => device_id));
    this.#issued.set(token, { filters, change: this.#inventory.changes, members });
    return token;
  }
}
