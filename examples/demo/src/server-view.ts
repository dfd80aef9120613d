import { setTimeout as wait } from "node:timers/promises";

/** A device in the form in which the ingestion server returns it. */
export interface DeviceView {
  readonly device_id: string;
  readonly name: string;
  readonly site_name: string;
  readonly status: string;
  readonly status_observed_at: string;
  readonly status_known_by: string;
}

/** Makes a JSON call. @throws {Error} with the answer if its status is not 2xx */
export async function call<Answer>(
  url: string,
  { key, json }: { readonly key: string; readonly json?: unknown },
): Promise<Answer> {
  const response = await fetch(url, {
    method: json === undefined ? "GET" : "POST",
    headers: {
      authorization: `Bearer ${key}`,
      ...(json === undefined ? {} : { "content-type": "application/json" }),
    },
    ...(json === undefined ? {} : { body: JSON.stringify(json) }),
  });
  const body = await response.text();
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${body}`);
  return JSON.parse(body) as Answer;
}

/** Reads all pages of the server's devices. */
export async function listDevices(server: string, key: string, filter = ""): Promise<DeviceView[]> {
  const devices: DeviceView[] = [];
  let cursor: string | null = "";
  while (cursor !== null) {
    const url = `${server}/v1/devices?limit=1000${filter}${cursor && `&cursor=${cursor}`}`;
    const page: { data: DeviceView[]; next_cursor: string | null } = await call(url, { key });
    devices.push(...page.data);
    cursor = page.next_cursor;
  }
  return devices;
}

/** Waits until a device has a status. @throws {Error} after 10 seconds */
export async function waitForStatus(url: string, key: string, status: string): Promise<DeviceView> {
  const deadline = Date.now() + 10_000;
  for (;;) {
    const device = await call<DeviceView>(url, { key });
    if (device.status === status) return device;
    if (Date.now() > deadline)
      throw new Error(`The server still shows the status ${device.status} instead of ${status}.`);
    await wait(20);
  }
}
