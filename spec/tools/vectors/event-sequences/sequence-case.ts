import { DEVICE, event } from "../payloads/samples.ts";

type Status = "online" | "degraded" | "offline" | "unknown";

/** An observation of a device's status, with the time when the consumer received it. */
type Observation =
  | { readonly kind: "event"; readonly received_at: string; readonly event: object }
  | {
      readonly kind: "snapshot";
      readonly received_at: string;
      readonly as_of: string;
      readonly device: object;
    };

const RECEIVED = "2026-11-23T09:00:00Z";

interface EventValues {
  readonly status: Status;
  readonly time?: string;
  readonly id?: string;
  readonly sequence?: string;
  readonly reason?: string;
  readonly received?: string;
}

/** Builds an event that sets the status. */
export const buildEvent = ({
  status,
  time = "2026-11-23T08:30:00Z",
  id = "evt_1",
  sequence,
  reason,
  received = RECEIVED,
}: EventValues): Observation => ({
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

interface SnapshotValues {
  readonly status: Status;
  readonly as_of?: string;
  readonly observed?: string;
  readonly updated?: string;
  readonly received?: string;
}

/** Builds a listing that contains the device with the given status. */
export const buildSnapshot = ({
  status,
  as_of = "2026-11-23T08:30:00Z",
  observed,
  updated,
  received = RECEIVED,
}: SnapshotValues): Observation => ({
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

/** Returns every permutation of the indexes of `count` items. */
function permute(count: number): number[][] {
  const insert = (order: readonly number[], at: number) => [
    ...order.slice(0, at),
    count - 1,
    ...order.slice(at),
  ];
  return count === 0
    ? [[]]
    : permute(count - 1).flatMap((order) => Array.from({ length: count }, (_, at) => insert(order, at)));
}

/**
 * Builds a case whose result does not depend on the order of the observations.
 *
 * @param winner position of the observation that determines the final status
 * @param repeated orders in which observations repeat, in addition to all orders without repetitions
 */
export function buildSequenceCase(
  name: string,
  explanation: string,
  observations: readonly Observation[],
  winner: number,
  repeated: readonly (readonly number[])[] = [],
) {
  const decisive = observations[winner];
  const source = decisive?.kind === "event" ? (decisive.event as { data: object }).data : decisive?.device;
  const { status, status_reason = null } = source as { status: Status; status_reason?: string };
  return {
    name,
    explanation,
    observations,
    orders: [...permute(observations.length), ...repeated],
    final: { status, status_reason, decided_by: winner },
  };
}
