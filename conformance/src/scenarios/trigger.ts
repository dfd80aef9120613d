import type { Evidence } from "../evidence/evidence.ts";
import type { Exchange } from "../evidence/exchange.ts";
import type { Recorder } from "../harness/recorder.ts";
import { type StatusCommand, sandboxUrl } from "./events/sandbox-device.ts";
import { CannotDriveError, type Drive } from "./scenario.ts";

/** Makes a device's status become another. @param recorder another one than the run's, where that has ended */
export type StatusTrigger = (
  purpose: string,
  deviceId: string,
  command: StatusCommand,
  recorder?: Recorder,
) => Promise<Exchange>;

/**
 * The way in which devices are changed: sandbox control where the manifest offers it, else the command that was given.
 *
 * @throws {CannotDriveError} where there is neither
 */
export function statusTrigger(
  discovery: Evidence["discovery"],
  { recorder: usual, triggerCommand }: Pick<Drive, "recorder" | "triggerCommand">,
): StatusTrigger {
  return async (purpose, deviceId, command, recorder = usual) => {
    const url = sandboxUrl(discovery, deviceId);
    if (url) return recorder.call({ purpose, method: "POST", url, json: command });
    return requireCommand(triggerCommand).run(purpose, {
      command: "status",
      device_id: deviceId,
      ...command,
    });
  };
}

/** Tells whether anything can change a device. */
export const canTrigger = (
  discovery: Evidence["discovery"],
  { triggerCommand }: Pick<Drive, "triggerCommand">,
): boolean => sandboxUrl(discovery, "any") !== null || triggerCommand !== null;

function requireCommand(triggerCommand: Drive["triggerCommand"]): NonNullable<Drive["triggerCommand"]> {
  if (triggerCommand) return triggerCommand;
  throw new CannotDriveError(
    "nothing can change a device's status unattended: the manifest declares no sandbox control, and no --trigger-cmd was given",
  );
}
