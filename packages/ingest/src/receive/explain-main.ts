import { parentPort } from "node:worker_threads";
import { type DiagnoseOptions, type Diagnosis, diagnose, type MistakeCode } from "@convergint/diagnose";

/**
 * The thread that explains why deliveries do not verify. An explanation can take seconds of processor time, and anyone
 * can send such a delivery, so it never runs on the server's event loop.
 */
if (!parentPort) throw new Error("Start this file as a worker thread, not as a program.");
const port = parentPort;

/** What is known about a refused delivery. */
export interface Explanation {
  /** For people; without any secret. */
  readonly text: string;
  /** Whether the vendor's key made the signature, so that only the vendor can have sent the delivery. */
  readonly fromVendor: boolean;
}

/** With these mistakes, the signature does not depend on the key. */
const WITHOUT_KEY: ReadonlySet<MistakeCode> = new Set(["hash_without_secret", "secret_not_set"]);

const isFromVendor = (diagnosis: Diagnosis): boolean =>
  diagnosis.verdict === "valid" ||
  (diagnosis.verdict === "mistake" &&
    diagnosis.complete &&
    !diagnosis.mistakes.some(({ code }) => WITHOUT_KEY.has(code)));

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
  const explanation: Explanation = await diagnose(refused).then(
    (diagnosis) => ({ text: describe(diagnosis), fromVendor: isFromVendor(diagnosis) }),
    ({ message }: Error) => ({ text: message, fromVendor: false }),
  );
  port.postMessage(explanation);
});
