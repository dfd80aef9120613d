import type { Recorder } from "../harness/recorder.ts";
import type { Drive } from "./scenario.ts";

/** Drives the vendor with another credential than the one under test, the undoing included. */
export function asTenant(drive: Drive, credential: string): Drive {
  const calling = (recorder: Recorder): Recorder => ({
    call: (call) => recorder.call({ credential, ...call }),
  });
  return {
    ...drive,
    recorder: calling(drive.recorder),
    afterwards: (undo) => drive.afterwards((cleaner) => undo(calling(cleaner))),
  };
}
