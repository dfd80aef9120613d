import { type Device, devicePageSchema, type OrgId } from "@convergint/schemas";
import { type CampusOptions, createCampus } from "../campus.ts";
import { createEstate } from "../estate/estate.ts";

export const KEY = "test-key-both-orgs";
export const UNIVERSITY_KEY = "test-key-university";
export const HEALTH_KEY = "test-key-health";
const SEED = 7;

/** The initial estate of {@link startCampus}, except for timestamps. */
export const estate = createEstate(SEED, new Date());

const [university, health] = estate.orgs.map(({ org_id }) => org_id) as [OrgId, OrgId];
export const ORGS = { university, health };

/** A response with its JSON body, if any. */
interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: unknown;
}

/** A running campus and its client. */
export interface RunningCampus {
  readonly baseUrl: string;
  call(path: string, options?: { key?: string | null; method?: string; json?: unknown }): Promise<Answer>;
  /** Lists the devices of all pages. */
  listDevices(query?: string, betweenPages?: () => Promise<void>): Promise<Device[]>;
  setStatus(deviceId: string, status: string, more?: Record<string, unknown>): Promise<Answer>;
  close(): Promise<void>;
}

export async function startCampus(options: Partial<CampusOptions> = {}): Promise<RunningCampus> {
  const campus = createCampus({
    seed: SEED,
    apiKeys: [
      { key: KEY, orgIds: "all" },
      { key: UNIVERSITY_KEY, orgIds: [ORGS.university] },
      { key: HEALTH_KEY, orgIds: [ORGS.health] },
    ],
    ...options,
  });
  const baseUrl = await campus.listen();
  const call: RunningCampus["call"] = async (path, { key = KEY, method = "GET", json } = {}) => {
    const response = await fetch(baseUrl + path, {
      method,
      headers: {
        ...(key !== null && { authorization: `Bearer ${key}` }),
        ...(json !== undefined && { "content-type": "application/json" }),
      },
      ...(json !== undefined && { body: JSON.stringify(json) }),
    });
    const text = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      body: text === "" ? undefined : JSON.parse(text),
    };
  };
  return {
    baseUrl,
    call,
    async listDevices(query = "", betweenPages = async () => {}) {
      const devices: Device[] = [];
      let path: string | null = `/v1/devices?${query}`;
      while (path !== null) {
        const page = devicePageSchema.parse((await call(path)).body);
        devices.push(...page.data);
        path = page.next_cursor === null ? null : `/v1/devices?cursor=${page.next_cursor}`;
        if (path !== null) await betweenPages();
      }
      return devices;
    },
    setStatus: (deviceId, status, more = {}) =>
      call(`/sandbox/devices/${deviceId}/status`, { method: "POST", json: { status, ...more } }),
    close: () => campus.close(),
  };
}
