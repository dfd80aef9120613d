import { randomUUID } from "node:crypto";
import { BATCH_MEDIA_TYPE } from "@convergint/schemas";
import { scenario } from "../scenario.ts";
import { freshDevice, type ReceiverDrive, statusChanged } from "./receiver-drive.ts";

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
