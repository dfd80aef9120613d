import { scenario } from "../scenario.ts";
import { freshDevice, postEvent, type ReceiverDrive, statusChanged } from "./receiver-drive.ts";

const HOUR_MS = 3_600_000;

/** Posts the later of two changes first, and one by a clock that is far ahead. */
export const order = scenario(
  "order",
  "Post events out of order, and by a clock that is an hour ahead",
  [],
  async (_, drive: ReceiverDrive) => {
    const [turned, ahead] = [freshDevice(), freshDevice()];
    const now = drive.clock.now();
    const at = (ms: number) => ({ time: new Date(now + ms) });
    const later = await postEvent(
      drive,
      "the later change first",
      statusChanged(drive, turned, "offline", at(-1000)),
    );
    const earlier = await postEvent(
      drive,
      "the earlier change after it",
      statusChanged(drive, turned, "online", at(-60_000)),
    );
    const afterBoth = (await drive.probe?.read(turned, "offline")) ?? null;
    const aheadPosted = await postEvent(
      drive,
      "a change by a clock that is an hour ahead",
      statusChanged(drive, ahead, "offline", at(HOUR_MS)),
    );
    // Of a moment after the receipt of the one before, by any clock that is about right.
    const nowPosted = await postEvent(
      drive,
      "a change of now, after it",
      statusChanged(drive, ahead, "online", { time: new Date(drive.clock.now() + 1000) }),
    );
    return {
      later,
      earlier,
      laterSaid: "offline",
      afterBoth,
      ahead: aheadPosted,
      now: nowPosted,
      nowSaid: "online",
      afterAhead: (await drive.probe?.read(ahead, "online")) ?? null,
    };
  },
);
