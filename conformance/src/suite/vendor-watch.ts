import type { Exchange } from "../evidence/exchange.ts";
import type { Call, Recorder } from "../harness/recorder.ts";
import { type Extent, permits } from "../scenarios/scenario.ts";
import type { EndRun } from "./time-budget.ts";

/** Tells whether there was no response, or only the response of a proxy whose server is down. */
const isSilent = ({ response }: Exchange): boolean =>
  response === null || [502, 503, 504].includes(response.status);

const describe = ({ request, response, failure }: Exchange): string =>
  `${request.method} ${new URL(request.url).pathname}: ${response?.status ?? failure}`;

/**
 * Refuses every call that may change more than the run may change, so that a mistake in a scenario cannot
 * affect production.
 */
export const guardVendor = (recorder: Recorder, mayChange: Extent): Recorder => ({
  async call(call) {
    const isOfEndpoints = /\/v1\/webhook-endpoints(?:\/|$)/.test(new URL(call.url).pathname);
    const { method = "GET" } = call;
    const wanted = method === "GET" ? "nothing" : isOfEndpoints ? "endpoints" : "devices";
    if (permits(mayChange, wanted)) return recorder.call(call);
    throw new Error(`a run that may change ${mayChange} must not call ${method} ${call.url}`);
  },
});

/**
 * Ends the run when the vendor goes down. A missing response may be a defect of one call only. So this
 * function repeats the first call that the same server had answered. If the repeated call gets no response
 * either, the server is down.
 */
export function watchVendor(recorder: Recorder, endRun: EndRun): Recorder {
  /** The first successful GET to each server. */
  const answered = new Map<string, Call>();
  /**
   * The repetitions in progress. Failed calls share one repetition, because many calls fail at the same time.
   */
  const repeated = new Map<string, Promise<Exchange>>();

  function repeat(call: Call, server: string): Promise<Exchange> {
    const before = repeated.get(server);
    if (before) return before;
    const again = recorder.call(call).finally(() => repeated.delete(server));
    repeated.set(server, again);
    return again;
  }

  return {
    async call(call) {
      const exchange = await recorder.call(call);
      const server = new URL(call.url).origin;
      if (exchange.response?.status === 200 && (call.method ?? "GET") === "GET" && !answered.has(server)) {
        answered.set(server, call);
      }
      const known = answered.get(server);
      if (!isSilent(exchange) || !known) return exchange;
      const again = await repeat(known, server);
      if (!isSilent(again)) return exchange;
      return endRun(
        "vendor_down",
        `The vendor at ${server} stopped responding during the run (${describe(exchange)}; ${describe(again)}, which had worked before). Check the vendor's cloud and the network, and run the suite again.`,
      );
    },
  };
}
