import type { Recorder } from "../harness/recorder.ts";
import type { Drive } from "./scenario.ts";

/** Returns a drive that uses another credential than the one under test, also for undoing. */
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
