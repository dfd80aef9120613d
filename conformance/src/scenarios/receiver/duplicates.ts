import { scenario } from "../scenario.ts";
import { freshDevice, postEvent, type ReceiverDrive, settle, statusChanged } from "./receiver-drive.ts";

const CONNECTIONS = 20;

/**
 * Posts the same event again: with a new signature, byte for byte, and from many connections at the same
 * time.
 */
export const duplicates = scenario(
  "duplicates",
  "Post the same event again, and from 20 connections at the same time",
  [],
  async (_, drive: ReceiverDrive) => {
    const device = freshDevice();
    const event = statusChanged(drive, device, "offline", { time: new Date(drive.clock.now() - 2000) });
    const first = await postEvent(drive, "an event", event);
    const second = await postEvent(
      drive,
      "a later event of the device",
      statusChanged(drive, device, "online"),
    );
    const again = await postEvent(drive, "the first event again, with a new signature", event);
    const replayed = await drive.poster.replay("the first event again, byte for byte", first);
    const one = statusChanged(drive, freshDevice(), "offline");
    const crowd = await Promise.all(
      Array.from({ length: CONNECTIONS }, (_each, index) =>
        postEvent(
          drive,
          `one event, posted on ${CONNECTIONS} connections at the same time (connection ${index + 1})`,
          one,
        ),
      ),
    );
    const devices = Array.from({ length: CONNECTIONS }, freshDevice);
    const posts = await Promise.all(
      devices.map((each, index) =>
        postEvent(
          drive,
          `one of ${CONNECTIONS} different events, posted at the same time (connection ${index + 1})`,
          statusChanged(drive, each, "offline"),
        ),
      ),
    );
    await settle(drive);
    const readings = [];
    for (const each of devices) readings.push((await drive.probe?.read(each, "offline")) ?? null);
    const after = (await drive.probe?.read(device, "online")) ?? null;
    return {
      first,
      second,
      again,
      replayed,
      crowd,
      expected: "online",
      after,
      distinct: { posts, expected: "offline", readings },
    };
  },
);
