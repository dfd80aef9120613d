import { afterAll, beforeAll, describe, it as plain } from "vitest";
import { SERVERS, type TestDatabase, type TestServer } from "./stores.ts";
import { openWorld, type World } from "./world.ts";

type OpenWorld = (options?: Parameters<typeof openWorld>[1]) => Promise<World>;

interface Fixtures {
  readonly server: TestServer;
  /** A database for this test only. */
  readonly database: TestDatabase;
  /** Opens an outbox on the database; the outbox is closed after the test. */
  readonly open: OpenWorld;
  /** Opens an outbox and starts it. */
  readonly start: OpenWorld;
}

const makeIt = (server: () => TestServer | undefined) =>
  plain.extend<Fixtures>({
    server: async ({ skip }, use) => {
      const started = server();
      if (started === undefined) return skip("the PostgreSQL binary is missing");
      await use(started);
    },
    database: async ({ server }, use) => {
      const database = server.database();
      await use(database);
      await database.drop();
    },
    open: async ({ database }, use) => {
      const worlds: World[] = [];
      await use(async (options) => {
        const world = await openWorld(database, options);
        worlds.push(world);
        return world;
      });
      for (const { outbox } of worlds) await outbox.close();
    },
    start: async ({ open }, use) => {
      await use(async (options) => {
        const world = await open(options);
        world.outbox.start();
        return world;
      });
    },
  });

/** A test with an outbox to open. */
export type OutboxTest = ReturnType<typeof makeIt>;

/** Runs the same tests on every store. They mostly wait, so several run concurrently. */
export function describeOnEveryStore(
  title: string,
  tests: (it: OutboxTest, store: "SQLite" | "PostgreSQL") => void,
): void {
  describe.concurrent.each(SERVERS)(`${title} %s`, (name, startServer) => {
    let server: TestServer | undefined;
    beforeAll(async () => {
      server = await startServer();
    });
    afterAll(() => server?.stop());
    tests(
      makeIt(() => server),
      name,
    );
  });
}
