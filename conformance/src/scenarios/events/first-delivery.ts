import type { Evidence } from "../../evidence/evidence.ts";
import type { Drive } from "../scenario.ts";
import { canTrigger, statusTrigger } from "../trigger.ts";
import { devicesToChange } from "./sandbox-device.ts";
import { changeStatus, leaveAsFound, patienceOf } from "./status-change.ts";

/** A vendor may pause an endpoint that has failed for long, and try it again after this time. */
const PAUSE_SECONDS = 300;
/** How often to say what to check. */
const REMIND_SECONDS = 15;

const ADVICE =
  "Check that the vendor has the URL and the secret exactly as given, and that it posts all event types of this tenant. Send a test event from its console, or change a device.";

/** Returns the URLs at which nothing has arrived yet. */
const listSilent = ({ handRegistered, receiver }: Drive): readonly string[] =>
  handRegistered
    .filter(({ destination }) => receiver.deliveriesTo(destination).length === 0)
    .map(({ url }) => url);

/** Waits until something has arrived at every endpoint, and says what to check while nothing does. */
async function waitForAll(drive: Drive, seconds: number): Promise<boolean> {
  const { receiver, target, signal, progress, handRegistered } = drive;
  const [first] = handRegistered;
  const isHeard = () => listSilent(drive).length === 0;
  for (let waited = 0; first && !isHeard() && waited < seconds; waited += REMIND_SECONDS) {
    const obstacle = await receiver.findObstacle(target);
    progress(`no webhook has arrived at ${listSilent(drive).join(" and ")} yet. ${obstacle ?? ADVICE}`);
    await receiver.waitUntil(first.destination, isHeard, {
      seconds: Math.min(REMIND_SECONDS, seconds - waited),
      signal,
    });
  }
  return isHeard();
}

/**
 * Waits for the first delivery at each endpoint that was registered by hand. For an endpoint whose secret the suite has
 * just created, a person has to act first, so the wait has no limit. Otherwise the vendor may have paused the endpoint
 * while the suite was not running, so a device is changed to make the vendor try it again.
 */
export async function waitForFirstDelivery(
  { discovery, devices }: Pick<Evidence, "discovery" | "devices">,
  drive: Drive,
): Promise<void> {
  if (drive.handRegistered.some(({ isNew }) => isNew === true))
    await drive.untimed(waitForAll(drive, Number.POSITIVE_INFINITY));
  const [first] = drive.handRegistered;
  if (!first || listSilent(drive).length === 0 || !canTrigger(discovery, drive)) return;
  const [device] = devicesToChange(discovery, devices, drive);
  const isBack = leaveAsFound(discovery, [device], drive);
  const trigger = statusTrigger(discovery, drive);
  const [changed, asFound] = device.course;
  await trigger("change a device, so that a paused endpoint is tried again", device.deviceId, changed);
  await waitForAll(drive, PAUSE_SECONDS + patienceOf(discovery));
  // Waits for the event, so that no later scenario sees it.
  await changeStatus(discovery, first.destination, device.deviceId, asFound, drive);
  isBack();
}
