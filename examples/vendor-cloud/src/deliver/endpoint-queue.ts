import { EVENT_MEDIA_TYPE } from "@convergint/schemas";
import { sign } from "@convergint/webhooks";
import { nextStep, type Outcome } from "./next-step.ts";
import type { Send } from "./send.ts";

/** An event ready to travel. The bytes are made once, so that every attempt sends the same. */
export interface Message {
  readonly id: string;
  readonly body: string;
}

/** What a queue needs to know of its endpoint and of the world. */
export interface EndpointQueueOptions {
  readonly url: string;
  /** The secrets that sign now; asked before each attempt, since they change by rotation. */
  readonly secrets: () => readonly string[];
  readonly send: Send;
  readonly retryScheduleSeconds: readonly number[];
  readonly now: () => Date;
  /** The receiver answered 410: it wants no more. */
  readonly onGone: () => void;
}

interface Pending {
  readonly message: Message;
  readonly retries: number;
}

/** A receiver that hangs must not make us open connections without end. */
const MOST_IN_FLIGHT = 8;

/**
 * Delivers to one endpoint, at least once each. Each endpoint has its own queue, so none waits for another; each
 * message has its own retries, so order is not promised.
 */
export class EndpointQueue {
  readonly #options: EndpointQueueOptions;
  readonly #ready: Pending[] = [];
  readonly #timers = new Set<NodeJS.Timeout>();
  #inFlight = 0;
  #stopped = false;

  constructor(options: EndpointQueueOptions) {
    this.#options = options;
  }

  push(message: Message): void {
    this.#enqueue({ message, retries: 0 });
  }

  /** Forgets what waits. What is under way ends without effect. */
  stop(): void {
    this.#stopped = true;
    this.#ready.length = 0;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }

  #enqueue(pending: Pending): void {
    if (this.#stopped) return;
    this.#ready.push(pending);
    this.#startReady();
  }

  #startReady(): void {
    while (this.#inFlight < MOST_IN_FLIGHT) {
      const pending = this.#ready.shift();
      if (pending === undefined) return;
      this.#inFlight += 1;
      // #attempt never rejects: whatever goes wrong on the way is an outcome.
      void this.#attempt(pending.message).then((outcome) => {
        this.#inFlight -= 1;
        this.#follow(pending, outcome);
        this.#startReady();
      });
    }
  }

  async #attempt({ id, body }: Message): Promise<Outcome> {
    const { url, secrets, send, now } = this.#options;
    try {
      const signature = await sign({ id, body, keys: secrets(), timestamp: now() });
      const headers = { "content-type": EVENT_MEDIA_TYPE, "user-agent": "example-campus", ...signature };
      return { kind: "answered", ...(await send({ url, headers, body })) };
    } catch {
      return { kind: "failed" };
    }
  }

  #follow({ message, retries }: Pending, outcome: Outcome): void {
    if (this.#stopped) return;
    const step = nextStep(outcome, retries, this.#options.retryScheduleSeconds, Math.random());
    if (step.kind === "retry") {
      const timer = setTimeout(() => {
        this.#timers.delete(timer);
        this.#enqueue({ message, retries: retries + 1 });
      }, step.waitSeconds * 1000);
      this.#timers.add(timer);
    } else if (step.kind === "stop-endpoint") {
      this.stop();
      this.#options.onGone();
    }
  }
}
