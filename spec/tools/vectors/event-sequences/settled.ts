import { DEVICE, event } from "../payloads/samples.ts";

type Status = "online" | "degraded" | "offline" | "unknown";

/** Something that tells a device's status, and when the consumer heard of it. */
type Told =
  | { readonly kind: "event"; readonly received_at: string; readonly event: object }
  | {
      readonly kind: "snapshot";
      readonly received_at: string;
      readonly as_of: string;
      readonly device: object;
    };

const RECEIVED = "2026-11-23T09:00:00Z";

interface Said {
  readonly status: Status;
  readonly time?: string;
  readonly id?: string;
  readonly sequence?: string;
  readonly reason?: string;
  readonly received?: string;
}

/** An event that says the status. */
export const said = ({
  status,
  time = "2026-11-23T08:30:00Z",
  id = "evt_1",
  sequence,
  reason,
  received = RECEIVED,
}: Said): Told => ({
  kind: "event",
  received_at: received,
  event: {
    ...event("device.status_changed", {
      device_id: DEVICE.device_id,
      status,
      ...(reason === undefined ? {} : { status_reason: reason }),
    }),
    id,
    time,
    ...(sequence === undefined ? {} : { sequence }),
  },
});

interface Listed {
  readonly status: Status;
  readonly as_of?: string;
  readonly observed?: string;
  readonly updated?: string;
  readonly received?: string;
}

/** A listing that has the device with its status. */
export const listed = ({
  status,
  as_of = "2026-11-23T08:30:00Z",
  observed,
  updated,
  received = RECEIVED,
}: Listed): Told => ({
  kind: "snapshot",
  received_at: received,
  as_of,
  device: {
    ...DEVICE,
    status,
    ...(observed === undefined ? {} : { status_observed_at: observed }),
    ...(updated === undefined ? {} : { updated_at: updated }),
  },
});

/** Every order of so many things. */
function ordersOf(count: number): number[][] {
  const insert = (order: readonly number[], at: number) => [
    ...order.slice(0, at),
    count - 1,
    ...order.slice(at),
  ];
  return count === 0
    ? [[]]
    : ordersOf(count - 1).flatMap((order) => Array.from({ length: count }, (_, at) => insert(order, at)));
}

/**
 * A case: what was told, the order in which it is told irrelevant.
 *
 * @param winner which observation says the status in the end, by position
 * @param repeated orders with repetitions, beside every order without
 */
export function settled(
  name: string,
  explanation: string,
  observations: readonly Told[],
  winner: number,
  repeated: readonly (readonly number[])[] = [],
) {
  const decisive = observations[winner];
  const told = decisive?.kind === "event" ? (decisive.event as { data: object }).data : decisive?.device;
  const { status, status_reason = null } = told as { status: Status; status_reason?: string };
  return {
    name,
    explanation,
    observations,
    orders: [...ordersOf(observations.length), ...repeated],
    final: { status, status_reason, decided_by: winner },
  };
}
