import type { Exchange } from "../../evidence/exchange.ts";
import { itemsOf } from "../../evidence/read.ts";
import { readListing } from "../../harness/listing.ts";
import { apiUrl } from "../api.ts";
import { devicesApart } from "../events/sandbox-device.ts";
import { leaveAsFound } from "../events/status-change.ts";
import { CannotDriveError, scenario } from "../scenario.ts";
import { statusTrigger } from "../trigger.ts";
import { sandboxEstate } from "./estate.ts";

/** Number of pages of the listing; something changes between any two of them. */
const PAGES = 10;

/** Lists the inventory while devices are added, moved, changed and removed between its pages. */
export const changingInventory = scenario(
  "changingInventory",
  "List the inventory while it changes",
  ["discovery", "sites", "devices"],
  async (seen, drive) => {
    const { recorder } = drive;
    const { discovery, devices } = seen;
    const estate = sandboxEstate(seen, drive);
    if (!estate?.takes.remove) {
      throw new CannotDriveError(
        "the manifest does not declare the sandbox commands add_device and remove_device, so the suite cannot add and remove a device",
      );
    }
    const commands: Exchange[] = [];
    const passing: string[] = [];
    const add = async () => {
      const { command, deviceId } = await estate.add();
      commands.push(command);
      return deviceId;
    };
    // These devices are added before the listing. During the listing, the first device is moved and the
    // others are removed.
    const staying = await add();
    const leaving = [await add(), await add(), await add()];
    const [changing] = devicesApart(discovery, devices, 1, drive.chance);
    const trigger = statusTrigger(discovery, drive);
    const isBack = leaveAsFound(discovery, changing ? [changing] : [], drive);
    const command = async (step: 0 | 1) => {
      if (!changing) return;
      const json = changing.course[step];
      commands.push(await trigger(`make a device ${json.status}`, changing.deviceId, json));
    };
    const between = [
      async () => passing.push(await add()),
      async () => {
        const gone = leaving.pop();
        if (gone === undefined) return;
        passing.push(gone);
        commands.push(await estate.remove(gone));
      },
      async () => {
        const { otherSiteId, takes } = estate;
        if (takes.move && otherSiteId !== null) commands.push(await estate.move(staying, otherSiteId));
      },
      () => command(0),
      async () => {
        const { siteId, takes } = estate;
        if (takes.move) commands.push(await estate.move(staying, siteId));
      },
      () => command(1),
    ];
    const limit = Math.max(1, Math.ceil(itemsOf(devices.listing).length / PAGES));
    const listing = await readListing(recorder, {
      purpose: `list devices, ${limit} a page, while they change`,
      url: apiUrl(discovery, "/v1/devices"),
      limit,
      betweenPages: async (read) => between[(read - 1) % between.length]?.(),
    });
    if (changing) await command(1);
    isBack();
    return { listing, commands, passing, moved: staying };
  },
);
