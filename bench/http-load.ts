import { connect, type Socket } from "node:net";

/** The measured results of a load test. */
export interface Load {
  readonly perSecond: number;
  /** Milliseconds from request to answer. */
  readonly p50: number;
  readonly p99: number;
  /** The duration of each request, in ascending order. */
  readonly milliseconds: readonly number[];
}

const HEAD_END = "\r\n\r\n";

/** Creates a parser for the answers on one connection. The parser reads only their status. */
function createAnswerParser(onAnswer: (status: number) => void): (chunk: Buffer) => void {
  let rest = "";
  return (chunk) => {
    rest += chunk.toString("latin1");
    for (;;) {
      const headEnd = rest.indexOf(HEAD_END);
      if (headEnd === -1) return;
      const head = rest.slice(0, headEnd);
      const length = Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? 0);
      const end = headEnd + HEAD_END.length + length;
      if (rest.length < end) return;
      rest = rest.slice(end);
      onAnswer(Number(head.slice(9, 12)));
    }
  };
}

/**
 * Sends requests over many connections, one at a time on each. To measure only the server, this side writes prepared bytes
 * and counts answers.
 *
 * @param requests complete HTTP requests, each sent once
 * @throws {Error} for any answer that is not 2xx
 */
export async function load(port: number, requests: readonly Buffer[], connections: number): Promise<Load> {
  const milliseconds: number[] = [];
  let next = 0;
  const one = (socket: Socket) =>
    new Promise<void>((resolve, reject) => {
      let sentAt = 0;
      const send = () => {
        const request = requests[next];
        next += 1;
        if (!request) return resolve();
        sentAt = performance.now();
        socket.write(request);
      };
      socket.on("error", reject).on("close", () => reject(new Error("The server closed a connection.")));
      socket.on(
        "data",
        createAnswerParser((status) => {
          milliseconds.push(performance.now() - sentAt);
          if (status >= 200 && status < 300) send();
          else reject(new Error(`The server answered ${status}.`));
        }),
      );
      send();
    });
  const sockets = await Promise.all(
    Array.from(
      { length: connections },
      () =>
        new Promise<Socket>((resolve, reject) => {
          const socket = connect(port, "127.0.0.1", () => resolve(socket)).setNoDelay();
          socket.once("error", reject);
        }),
    ),
  );
  const start = performance.now();
  try {
    await Promise.all(sockets.map(one));
  } finally {
    for (const socket of sockets) socket.removeAllListeners("close").destroy();
  }
  const seconds = (performance.now() - start) / 1000;
  const sorted = milliseconds.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.floor((sorted.length - 1) * share)] ?? Number.NaN;
  return { perSecond: requests.length / seconds, p50: at(0.5), p99: at(0.99), milliseconds: sorted };
}
