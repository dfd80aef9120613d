import { scenario } from "../scenario.ts";
import { freshDevice, postEvent, type ReceiverDrive, statusChanged } from "./receiver-drive.ts";

const CROWD = 20;

/** Posts the same event again: signed anew, to the byte, and from many connections at once. */
export const duplicates = scenario(
  "duplicates",
  "Post the same event again, and from twenty connections at once",
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
    const again = await postEvent(drive, "the first event again, signed anew", event);
    const replayed = await drive.poster.replay("the first event again, to the byte", first);
    const one = statusChanged(drive, freshDevice(), "offline");
    const crowd = await Promise.all(
      Array.from({ length: CROWD }, (_each, index) =>
        postEvent(drive, `one event, from connection ${index + 1} of ${CROWD} at once`, one),
      ),
    );
    const after = (await drive.probe?.read(device, "online")) ?? null;
    return { first, second, again, replayed, crowd, expected: "online", after };
  },
);
