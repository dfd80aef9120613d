import { expect, test } from "vitest";
import { createTurns, type Turn } from "./turns.ts";

const SHARE_MS = 100;

/** Slots, and a list of which jobs hold one. */
function start(slots: number) {
  let now = 0;
  const turns = createTurns(slots, SHARE_MS, () => now);
  const stopping = new AbortController();
  const working = new Set<string>();
  async function take(name: string): Promise<Turn> {
    const turn = await turns.take(stopping.signal);
    working.add(name);
    return {
      async next() {
        working.delete(name);
        await turn.next();
        working.add(name);
      },
      end() {
        working.delete(name);
        turn.end();
      },
    };
  }
  const settle = () => new Promise((resolve) => setImmediate(resolve));
  return {
    take,
    stopping,
    async working() {
      await settle();
      return [...working];
    },
    spend: (ms: number) => {
      now += ms;
    },
  };
}

test("lets as many jobs work as there are slots, and the others in the order in which they came", async () => {
  const { take, working } = start(2);
  const [a, b] = await Promise.all([take("a"), take("b")]);
  const [c, d] = [take("c"), take("d")];
  expect(await working()).toEqual(["a", "b"]);
  b.end();
  b.end();
  expect(await working()).toEqual(["a", "c"]);
  a.end();
  expect(await working()).toEqual(["c", "d"]);
  for (const turn of await Promise.all([c, d])) turn.end();
  await Promise.all([take("e"), take("f")]);
  expect(await working()).toEqual(["e", "f"]);
});

test("puts a job that has used its share at the back of the queue", async () => {
  const { take, working, spend } = start(1);
  const a = await take("a");
  const [b, c] = [take("b"), take("c")];
  await a.next();
  expect(await working()).toEqual(["a"]);
  spend(SHARE_MS);
  const again = a.next();
  expect(await working()).toEqual(["b"]);
  (await b).end();
  expect(await working()).toEqual(["c"]);
  (await c).end();
  await again;
  expect(await working()).toEqual(["a"]);
});

test("lets a job work on while no other waits, and after the clock was set back", async () => {
  const { take, working, spend } = start(1);
  const a = await take("a");
  spend(10 * SHARE_MS);
  await a.next();
  const b = take("b");
  expect(await working()).toEqual(["a"]);
  spend(-100 * SHARE_MS);
  void a.next();
  expect(await working()).toEqual(["b"]);
  (await b).end();
  expect(await working()).toEqual(["a"]);
});

test("gives no slot to jobs that waited when the signal was aborted", async () => {
  const { take, working, stopping, spend } = start(1);
  const a = await take("a");
  const b = take("b");
  spend(SHARE_MS);
  const again = a.next();
  const holder = await b;
  const c = take("c");
  stopping.abort();
  await again;
  for (const turn of [a, await c, holder]) {
    turn.end();
    await turn.next();
  }
  expect(await working()).toContain("b");
});
