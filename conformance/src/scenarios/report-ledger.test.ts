import { expect, test } from "vitest";
import type { Delivery } from "../evidence/exchange.ts";
import { delivery } from "../evidence/testing/recorded.ts";
import type { Receiver } from "../harness/receiver.ts";
import { createReportLedger } from "./report-ledger.ts";

const { signal } = new AbortController();
const report = (device_id: string, status: string, data: object = {}) =>
  delivery({
    id: `${device_id} ${status}`,
    type: "com.convergint.device.status_changed.v1",
    data: { device_id, status, ...data },
  });

/** Makes a ledger of two endpoints. Its waits end immediately and are recorded. */
function makeLedger() {
  const posted: Record<string, Delivery[]> = { one: [], other: [] };
  const waits: string[] = [];
  const receiver = {
    deliveriesTo: (destination: string) => posted[destination] ?? [],
    async waitUntil(destination: string, isDone: () => boolean) {
      waits.push(destination);
      return isDone();
    },
  } as unknown as Receiver;
  const ledger = createReportLedger({ receiver, signal });
  for (const name of Object.keys(posted)) ledger.add(name);
  const post = (name: string, each: Delivery) => posted[name]?.push(each);
  return { ledger, post, waits };
}

const offline = [{ deviceId: "d", status: "offline" }];

test("waits until every endpoint has got the report, and not for an endpoint that was added later", async () => {
  const { ledger, post } = makeLedger();
  const watch = ledger.watch();
  ledger.add("later");
  post("one", report("d", "offline"));
  expect(await watch.all(offline, 1)).toBe(false);
  post("other", report("d", "offline"));
  expect(await watch.all(offline, 1)).toBe(true);
  expect(await ledger.watch().all(offline, 1)).toBe(false);
});

test("waits until every endpoint has got another status of the devices that were cut off", async () => {
  const { ledger, post, waits } = makeLedger();
  post("one", report("d", "unknown", { status_reason: "parent_unreachable" }));
  await ledger.reconnected(0, 1);
  expect(waits).toEqual(["one", "other"]);
});

test("stops waiting for an endpoint that misses one event after another", async () => {
  const { ledger, waits } = makeLedger();
  for (let wait = 0; wait < 10; wait += 1) await ledger.watch().all(offline, 1);
  expect(waits).toHaveLength(10);
});
