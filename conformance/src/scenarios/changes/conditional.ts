import type { Exchange } from "../../evidence/exchange.ts";
import { declares } from "../../evidence/manifest.ts";
import { idsOf, objectOf, textOf } from "../../evidence/read.ts";
import { apiUrl, segment } from "../api.ts";
import { onlineDevices } from "../events/sandbox-device.ts";
import { leaveAsFound } from "../events/status-change.ts";
import { CannotDriveError, scenario } from "../scenario.ts";
import { canTrigger, statusTrigger } from "../trigger.ts";

/** Maximum number of attempts: a device may change between two calls. */
const MAX_ATTEMPTS = 3;
/** A small limit, so that most changed devices are not on the first page. */
const LIMIT = "5";

const etagOf = ({ response }: Exchange): string | undefined => response?.headers["etag"];

/** Requests a page and a device with their ETags, before and after a device changes. */
export const conditional = scenario(
  "conditional",
  "Make conditional requests",
  ["discovery", "devices"],
  async ({ discovery, devices }, drive) => {
    const { recorder } = drive;
    if (!declares(objectOf(discovery.manifest), "inventory.conditional_requests"))
      throw new CannotDriveError("the manifest does not declare inventory.conditional_requests");
    const page = apiUrl(discovery, "/v1/devices", { limit: LIMIT });
    const onPage = new Set(idsOf(devices.listing, "device_id").slice(0, Number(LIMIT)));
    const apart = onlineDevices(devices, drive.chance);
    const changing = apart.find(({ deviceId }) => !onPage.has(deviceId)) ?? apart[0];
    const [anyId] = idsOf(devices.listing, "device_id");
    const deviceId = changing?.deviceId ?? anyId;
    const device = deviceId && apiUrl(discovery, `/v1/devices/${segment(deviceId)}`);
    const ask = (url: URL, etag?: string) =>
      recorder.call({
        purpose: etag === undefined ? "get the ETag" : "ask again with the ETag from the last response",
        url,
        ...(etag !== undefined && { headers: { "if-none-match": etag } }),
      });
    const urls = [page, ...(device ? [device] : [])];

    const unchanged = [];
    for (const url of urls) {
      let first = await ask(url);
      for (let attempt = 1; ; attempt += 1) {
        const etag = etagOf(first);
        if (etag === undefined) {
          unchanged.push({ first, again: first });
          break;
        }
        const again = await ask(url, etag);
        const isOther = again.response?.status === 200 && etagOf(again) !== etag;
        if (!isOther || attempt === MAX_ATTEMPTS) {
          unchanged.push({ first, again });
          break;
        }
        first = again;
      }
    }

    const before = await Promise.all(urls.map((url) => ask(url)));
    const trigger = statusTrigger(discovery, drive);
    let command: Exchange | null = null;
    let after: readonly Exchange[] = [];
    if (changing && canTrigger(discovery, drive)) {
      const isBack = leaveAsFound(discovery, [changing], drive);
      const [json, asFound] = changing.course;
      command = await trigger(`make a device ${json.status}`, changing.deviceId, json);
      after = await Promise.all(before.map((each, index) => ask(urls[index] as URL, etagOf(each))));
      await trigger("restore the device", changing.deviceId, asFound);
      isBack();
    }
    const [first] = before;
    const cursor = textOf(first ? objectOf(first) : null, "next_cursor");
    const second = cursor === null ? null : apiUrl(discovery, "/v1/devices", { limit: LIMIT, cursor });
    return {
      unchanged,
      command,
      changed: before.flatMap((each, index) => {
        const later = after[index];
        return later ? [{ before: each, after: later }] : [];
      }),
      secondPage: second && (await ask(second, (first && etagOf(first)) ?? "*")),
    };
  },
);
