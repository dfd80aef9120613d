import { parentPort } from "node:worker_threads";
import { type DiagnoseOptions, type Diagnosis, diagnose } from "@convergint/diagnose";

/**
 * The thread that explains why deliveries do not verify. An explanation can take a second of processor time, and any web
 * page can post a delivery to `listen`, so it never runs on the event loop that answers.
 */
if (!parentPort) throw new Error("Start this file as a worker thread, not as a program.");
const port = parentPort;

/** Only unusable headers cause an error. The error names the header. */
const toDiagnosis = ({ message }: Error): Diagnosis => ({
  verdict: "unknown",
  explanation: message,
  compare: [],
  gaveUp: true,
  checked: 0,
});

port.on("message", async (refused: DiagnoseOptions) => {
  port.postMessage(await diagnose(refused).catch(toDiagnosis));
});
