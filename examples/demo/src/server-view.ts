import { setTimeout as wait } from "node:timers/promises";

/** A device as the ingestion server shows it. */
export interface DeviceView {
  readonly device_id: string;
  readonly name: string;
  readonly site_name: string;
  readonly status: string;
  readonly status_observed_at: string;
  readonly status_known_by: string;
}

/** One JSON call; an answer other than 2xx is an error that says what came. */
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

/** Reads a listing of the server to its end. */
export async function allDevices(server: string, key: string, filter = ""): Promise<DeviceView[]> {
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

/** Looks at a device until it has a status, for a few seconds at most. */
export async function untilStatus(url: string, key: string, status: string): Promise<DeviceView> {
  const deadline = Date.now() + 10_000;
  for (;;) {
    const device = await call<DeviceView>(url, { key });
    if (device.status === status) return device;
    if (Date.now() > deadline)
      throw new Error(`the server still shows ${device.status} instead of ${status}`);
    await wait(20);
  }
}
