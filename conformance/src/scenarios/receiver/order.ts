import { scenario } from "../scenario.ts";
import { freshDevice, postEvent, type ReceiverDrive, settle, statusChanged } from "./receiver-drive.ts";

const HOUR_MS = 3_600_000;

/**
 * Posts two changes in reverse order, twice. The first two are a minute apart. The other two are within one
 * second, and the time of the earlier change has no fraction. Then posts a change from a clock that is an
 * hour ahead.
 */
export const order = scenario(
  "order",
  "Post events out of order, and from a clock that is an hour ahead",
  [],
  async (_, drive: ReceiverDrive) => {
    const [reordered, quick, ahead] = [freshDevice(), freshDevice(), freshDevice()];
    const now = drive.clock.now();
    const at = (ms: number) => ({ time: new Date(now + ms) });
    const later = await postEvent(
      drive,
      "the later change, posted first",
      statusChanged(drive, reordered, "offline", at(-1000)),
    );
    const earlier = await postEvent(
      drive,
      "the earlier change, posted after the later change",
      statusChanged(drive, reordered, "online", at(-60_000)),
    );
    const wholeSecond = new Date(now - 2000).toISOString().slice(0, -".000Z".length);
    const quickLater = await postEvent(
      drive,
      "the later of two changes within a second, posted first",
      statusChanged(drive, quick, "offline", { time: `${wholeSecond}.500Z` }),
    );
    const quickEarlier = await postEvent(
      drive,
      "the earlier of two changes within a second, posted after the later change",
      statusChanged(drive, quick, "online", { time: `${wholeSecond}Z` }),
    );
    await settle(drive);
    const afterQuick = (await drive.probe?.read(quick, "offline")) ?? null;
    const afterBoth = (await drive.probe?.read(reordered, "offline")) ?? null;
    const aheadPosted = await postEvent(
      drive,
      "a change from a clock that is an hour ahead",
      statusChanged(drive, ahead, "offline", at(HOUR_MS)),
    );
    // On any clock that is roughly right, this time is later than the time at which the event above was
    // received.
    const nowPosted = await postEvent(
      drive,
      "a current change, posted after the change from that clock",
      statusChanged(drive, ahead, "online", { time: new Date(drive.clock.now() + 1000) }),
    );
    await settle(drive);
    const afterAhead = (await drive.probe?.read(ahead, "online")) ?? null;
    return {
      later,
      earlier,
      laterSaid: "offline",
      afterBoth,
      withinASecond: { later: quickLater, earlier: quickEarlier, after: afterQuick },
      ahead: aheadPosted,
      now: nowPosted,
      nowSaid: "online",
      afterAhead,
    };
  },
);
