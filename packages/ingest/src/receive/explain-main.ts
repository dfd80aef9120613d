import { parentPort } from "node:worker_threads";
import { type DiagnoseOptions, type Diagnosis, diagnose } from "@convergint/diagnose";

/**
 * The thread that explains why deliveries do not verify. An explanation can take seconds of processor time, and anyone
 * can send such a delivery, so it never runs on the server's event loop.
 */
if (!parentPort) throw new Error("Start this file as a worker thread, not as a program.");
const port = parentPort;

function describe(diagnosis: Diagnosis): string {
  if (diagnosis.verdict === "valid")
    return "The delivery verifies now, because the secrets have changed since it arrived.";
  if (diagnosis.verdict === "unknown") return `${diagnosis.explanation} Compare: ${diagnosis.compare[0]}`;
  return diagnosis.mistakes
    .map(({ title, explanation, fix }) => {
      const [line] = "line" in fix ? [fix.line] : Object.values(fix);
      return `${title}: ${explanation} Change: ${line}`;
    })
    .join(" ");
}

port.on("message", async (refused: DiagnoseOptions) => {
  // Only unusable headers cause an error. The error names the header.
  port.postMessage(await diagnose(refused).then(describe, ({ message }: Error) => message));
});
