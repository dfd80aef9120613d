import { expect, expectTypeOf, test } from "vitest";
import * as delivery from "./index.ts";
import * as postgres from "./store/postgres/index.ts";
import * as sqlite from "./store/sqlite/index.ts";

test("exports exactly these names", () => {
  expect(Object.keys(delivery).toSorted()).toEqual([
    "DEFAULT_RETRY_SCHEDULE_SECONDS",
    "DeliveryError",
    "attempt",
    "checkDestination",
    "createOutbox",
    "nextAttempt",
    "systemClock",
  ]);
  expect(Object.keys(sqlite)).toEqual(["createSqliteStore"]);
  expect(Object.keys(postgres)).toEqual(["createPostgresStore"]);
});

test("pg's pool and connections are compatible, and only PostgreSQL takes a transaction", () => {
  expectTypeOf<import("pg").Pool>().toExtend<postgres.PostgresPool>();
  expectTypeOf<import("pg").PoolClient>().toExtend<postgres.PostgresClient>();
  type Enqueue<Client> = Parameters<delivery.Outbox<Client>["enqueue"]>[1];
  expectTypeOf<{ client: import("pg").PoolClient }>().toExtend<Enqueue<postgres.PostgresClient>>();
  expectTypeOf<{ client: import("pg").PoolClient }>().not.toExtend<Enqueue<never>>();
});

test("a vendor's own event type is accepted", () => {
  interface VendorEvent {
    id: string;
    type: string;
    time: string;
    data: { org_id: string; device_id: string; status: string };
  }
  expectTypeOf<VendorEvent>().toExtend<delivery.OutgoingEvent>();
});

test("the error codes are stable", () => {
  expectTypeOf<delivery.DeliveryError["code"]>().toEqualTypeOf<
    | "invalid_option"
    | "invalid_event"
    | "event_too_large"
    | "event_id_reused"
    | "invalid_destination"
    | "unknown_endpoint"
    | "endpoint_stopped"
    | "cannot_decrypt"
    | "store_failed"
    | "out_of_resources"
    | "closed"
  >();
});
