import type { Evidence } from "../evidence/evidence.ts";
import type { Exchange } from "../evidence/exchange.ts";
import { isSuccess } from "../evidence/read.ts";
import type { Recorder } from "../harness/recorder.ts";
import { type StatusCommand, sandboxUrl } from "./events/sandbox-device.ts";
import { CannotDriveError, type Drive, permits } from "./scenario.ts";

/** Changes a device's status. @param recorder used instead of the run's recorder after the run has ended */
export type StatusTrigger = (
  purpose: string,
  deviceId: string,
  command: StatusCommand,
  recorder?: Recorder,
) => Promise<Exchange>;

/**
 * Returns a function that changes devices: by sandbox control if the manifest declares it, otherwise by
 * `--trigger-cmd` or a person.
 *
 * @throws {CannotDriveError} if neither is available
 */
export function statusTrigger(
  discovery: Evidence["discovery"],
  {
    recorder: usual,
    triggerCommand,
    changeCount,
  }: Pick<Drive, "recorder" | "triggerCommand" | "changeCount">,
): StatusTrigger {
  return async (purpose, deviceId, command, recorder = usual) => {
    const url = sandboxUrl(discovery, deviceId);
    const means = url ? null : requireCommand(triggerCommand);
    const changed = await (means
      ? means.run(purpose, { command: "status", device_id: deviceId, ...command })
      : recorder.call({ purpose, method: "POST", url: url ?? "", json: command, repeatable: true }));
    if (isSuccess(changed)) changeCount.add(means?.kind ?? "sandbox", deviceId);
    return changed;
  };
}

/** Whether devices can be changed. */
export const canTrigger = (
  discovery: Evidence["discovery"],
  { triggerCommand, mayChange }: Pick<Drive, "triggerCommand" | "mayChange">,
): boolean =>
  permits(mayChange, "devices") && (sandboxUrl(discovery, "any") !== null || triggerCommand !== null);

function requireCommand(triggerCommand: Drive["triggerCommand"]): NonNullable<Drive["triggerCommand"]> {
  if (triggerCommand) return triggerCommand;
  throw new CannotDriveError(
    "cannot change a device's status: the manifest declares no sandbox control, and neither --trigger-cmd nor --ask-person was given",
  );
}
