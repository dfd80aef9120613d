import type { Outcome } from "../rules/outcome.ts";
import { attemptThrough, type Delivery } from "./attempt.ts";
import type { DestinationOptions } from "./destination.ts";
import { createGuardedAgent } from "./guarded-agent.ts";
import type { PostOptions, Send } from "./post.ts";

/** Makes attempts over its own connections. */
export interface Attempter {
  attempt(delivery: Delivery, signal: AbortSignal): Promise<Outcome>;
  /** Closes the connections; no attempt may be in progress. */
  close(): Promise<void>;
}

/** Options of all attempts. */
export interface AttempterOptions extends DestinationOptions, Omit<PostOptions, "signal"> {
  readonly send: Send;
}

export function createAttempter({ allowLoopback, ...options }: AttempterOptions): Attempter {
  const agent = createGuardedAgent({ allowLoopback });
  return {
    attempt: (delivery, signal) => attemptThrough(agent, delivery, { ...options, signal }),
    close: () => agent.destroy(),
  };
}
