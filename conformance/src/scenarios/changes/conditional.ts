import type { Exchange } from "../../evidence/exchange.ts";
import { declares } from "../../evidence/manifest.ts";
import { idsOf, isFromAfter, isSuccess, objectOf, textOf } from "../../evidence/read.ts";
import { sleep } from "../../harness/clock.ts";
import { readListing } from "../../harness/listing.ts";
import { apiUrl, segment } from "../api.ts";
import { onlineDevices } from "../events/sandbox-device.ts";
import { leaveAsFound } from "../events/status-change.ts";
import { CannotDriveError, scenario } from "../scenario.ts";
import { canTrigger, statusTrigger } from "../trigger.ts";
import { sandboxEstate } from "./estate.ts";

/** Maximum number of attempts. A device may change between two calls, and the attempt is then useless. */
const MAX_ATTEMPTS = 3;
/** How long to wait for a listing that lags behind a command. */
const MAX_LAG_SECONDS = 30;
/** The limit is small, so that most changed devices are not on the first page. */
const MAX_LIMIT = 5;

const etagOf = ({ response }: Exchange): string | undefined => response?.headers["etag"];

/** Requests a page and a device with their ETags, before and after a device changes. */
export const conditional = scenario(
  "conditional",
  "Make conditional requests",
  ["discovery", "sites", "devices"],
  async ({ discovery, sites, devices }, drive) => {
    const { recorder, clock, signal } = drive;
    if (!declares(objectOf(discovery.manifest), "inventory.conditional_requests"))
      throw new CannotDriveError("the manifest does not declare inventory.conditional_requests");
    const ids = idsOf(devices.listing, "device_id");
    // With this limit, even the smallest inventory that can be certified has a second page.
    const limit = Math.max(1, Math.min(MAX_LIMIT, ids.length - 1));
    const page = apiUrl(discovery, "/v1/devices", { limit: String(limit) });
    const onPage = new Set(ids.slice(0, limit));
    const apart = onlineDevices(devices, drive);
    // Uses one of the last devices. Later scenarios use the first devices, and could mistake late events of
    // this change for events that they caused.
    const changing = apart.findLast(({ deviceId }) => !onPage.has(deviceId)) ?? apart.at(-1);
    const [anyId] = ids;
    const deviceId = changing?.deviceId ?? anyId;
    const device = deviceId && apiUrl(discovery, `/v1/devices/${segment(deviceId)}`);
    const ask = (url: URL, etag?: string) =>
      recorder.call({
        purpose: etag === undefined ? "get the ETag" : "ask again with the ETag from the last response",
        url,
        ...(etag !== undefined && { headers: { "if-none-match": etag } }),
      });
    const urls = [page, ...(device ? [device] : [])];
    // If the whole listing fits on one page, that page shows whether anything changed between two calls.
    const whole = apiUrl(discovery, "/v1/devices", { limit: "500" });

    const unchanged = [];
    for (const url of [...urls, whole]) {
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

    /**
     * Repeats a call after a change until the ETag differs, or until a listing describes a moment after the
     * change.
     */
    const askAfter = async (url: URL, before: Exchange, command: Exchange): Promise<Exchange> => {
      const etag = etagOf(before);
      for (const started = clock.now(); ; ) {
        // Read the listing first, so that the call below describes a later moment than the listing.
        const listing = await readListing(recorder, {
          purpose: "see how current the listing is",
          url: page,
          maxPages: 1,
        });
        const isDue = isFromAfter(command, listing) || clock.now() - started >= MAX_LAG_SECONDS * 1000;
        const after = await ask(url, etag);
        if (isDue || (after.response?.status === 200 && etagOf(after) !== etag)) return after;
        await sleep(clock, 1000, signal);
      }
    };
    const compare = async (
      of: readonly URL[],
      before: readonly Exchange[],
      command: Exchange,
      change: string,
    ) => {
      for (const [index, url] of of.entries()) {
        const first = before[index];
        if (first && isSuccess(command))
          changed.push({ before: first, after: await askAfter(url, first, command), change });
      }
    };
    const changed: { before: Exchange; after: Exchange; change: string }[] = [];
    const before = await Promise.all(urls.map((url) => ask(url)));
    const trigger = statusTrigger(discovery, drive);
    let command: Exchange | null = null;
    // A person is not asked for a change here, because other scenarios need the person's few changes more.
    if (changing && canTrigger(discovery, drive) && !drive.person) {
      const isBack = leaveAsFound(discovery, [changing], drive);
      const [json, asFound] = changing.course;
      command = await trigger(`make a device ${json.status}`, changing.deviceId, json);
      await compare(urls, before, command, "the status of a listed device changed");
      await trigger("restore the device", changing.deviceId, asFound);
      isBack();
    }
    const estate = sandboxEstate({ discovery, sites, devices }, drive);
    if (estate) {
      const beforeAdding = await ask(page);
      const added = await estate.tryToAdd();
      await compare([page], [beforeAdding], added.command, "a device was added");
      if (added.deviceId !== null && estate.takes.move && estate.otherSiteId !== null) {
        const beforeMove = await ask(page);
        const move = await estate.move(added.deviceId, estate.otherSiteId);
        await compare([page], [beforeMove], move, "a device was moved");
      }
      if (added.deviceId !== null && estate.takes.remove) {
        const beforeRemoval = await ask(page);
        const removal = await estate.remove(added.deviceId);
        await compare([page], [beforeRemoval], removal, "a device was removed");
      }
    }
    const [first] = before;
    const cursor = textOf(first ? objectOf(first) : null, "next_cursor");
    const second =
      cursor === null ? null : apiUrl(discovery, "/v1/devices", { limit: String(limit), cursor });
    return {
      unchanged,
      command,
      changed,
      secondPage: second && (await ask(second, (first && etagOf(first)) ?? "*")),
    };
  },
  { changes: "nothing" },
);
