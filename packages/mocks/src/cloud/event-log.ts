import { type Event, sortableTimestamp, type Timestamp } from "@convergint/schemas";
import { MockError } from "../mock-error.ts";

interface Published {
  readonly event: Event;
  readonly at: string;
}

/** The published events, in the order of publication. @see spec/1.0/contract.md#backfill */
export class EventLog {
  readonly #published: Published[] = [];
  readonly #keys = new Set<string>();

  /** @throws {MockError} `invalid_event` if there already is an event with the same source and id */
  add(event: Event, at: Date): void {
    const key = JSON.stringify([event.source, event.id]);
    if (this.#keys.has(key))
      throw new MockError("invalid_event", `An event with the id ${event.id} is already published.`);
    this.#keys.add(key);
    this.#published.push({ event, at: sortableTimestamp(at.toISOString()) });
  }

  /** The types of the published events. */
  get types(): ReadonlySet<string> {
    return new Set(this.#published.map(({ event }) => event.type));
  }

  /** Returns the events published at or after a moment. */
  list(orgId: string | undefined, after: Timestamp | undefined): readonly Event[] {
    const from = after === undefined ? "" : sortableTimestamp(after);
    return this.#published
      .filter(({ event, at }) => at >= from && (orgId === undefined || event.data.org_id === orgId))
      .map(({ event }) => event);
  }
}
