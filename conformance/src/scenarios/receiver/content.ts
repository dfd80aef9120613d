import { randomUUID } from "node:crypto";
import { BATCH_MEDIA_TYPE } from "@convergint/schemas";
import { scenario } from "../scenario.ts";
import { freshDevice, postEvent, type ReceiverDrive, statusChanged } from "./receiver-drive.ts";

const MAX_BYTES = 256 * 1024;

/** Posts correctly signed bodies that are not events, and events of the maximum size and larger. */
export const content = scenario(
  "content",
  "Post signed bodies that are not events or are too large",
  [],
  async (_, drive: ReceiverDrive) => {
    const { poster } = drive;
    const event = () => statusChanged(drive, freshDevice(), "offline");
    const { id, ...withoutId } = event();
    /** Creates an event with a size of exactly `bytes`. */
    const ofSize = (bytes: number) => {
      const made = event();
      const empty = JSON.stringify({ ...made, filler: "" }).length;
      return { ...made, filler: "x".repeat(bytes - empty) };
    };
    const bodies = (purpose: string, body: string | Uint8Array) => poster.post({ purpose, id, body });
    return {
      notJson: [
        await bodies("half of an event", JSON.stringify(event()).slice(0, 80)),
        await bodies("an empty body", ""),
        await bodies("bytes that are not UTF-8", Uint8Array.of(0x22, 0xff, 0xfe, 0x22)),
      ],
      notAnEvent: [
        await bodies("a number", "7"),
        await bodies("an empty object", "{}"),
        await bodies("an event without an id", JSON.stringify(withoutId)),
        await postEvent(drive, "a status change without a device", {
          ...event(),
          data: { org_id: drive.place.orgId, site_id: drive.place.siteId, status: "offline" },
        }),
        await postEvent(drive, "a status that is a number", {
          ...event(),
          data: { ...(event()["data"] as object), status: 7 },
        }),
      ],
      mediaTypes: [
        await poster.post({
          purpose: "an event as text/plain",
          id,
          body: JSON.stringify({ ...event(), id }),
          mediaType: "text/plain",
        }),
        await poster.post({
          purpose: "an event as a form",
          id,
          body: JSON.stringify({ ...event(), id }),
          mediaType: "application/x-www-form-urlencoded",
        }),
      ],
      tooLarge: await postEvent(drive, "an event of more than 1 MiB", ofSize(4 * MAX_BYTES + 1024)),
      largest: await postEvent(drive, "an event of 256 KiB", ofSize(MAX_BYTES)),
    };
  },
);

/** Posts a batch with one invalid event. */
export const batches = scenario(
  "batches",
  "Post a batch with one invalid event",
  [],
  async (_, drive: ReceiverDrive) => {
    const [first, third] = [freshDevice(), freshDevice()];
    const events = [
      statusChanged(drive, first, "offline"),
      { ...statusChanged(drive, freshDevice(), "offline"), specversion: undefined },
      statusChanged(drive, third, "online"),
    ];
    const mixed = await drive.poster.post({
      purpose: "a batch of three whose second event is invalid",
      id: `batch-${randomUUID()}`,
      body: JSON.stringify(events),
      mediaType: BATCH_MEDIA_TYPE,
    });
    return {
      mixed,
      firstSaid: "offline",
      thirdSaid: "online",
      afterFirst: (await drive.probe?.read(first, "offline")) ?? null,
      afterThird: (await drive.probe?.read(third, "online")) ?? null,
    };
  },
);
