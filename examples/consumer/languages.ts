/**
 * Runs the tests of the verifiers in Python and Go against the test vectors. A language without its toolchain is skipped, which is
 * said on standard error; with `--require`, it is an error.
 */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
const HERE = import.meta.dirname;
const VENV = join(HERE, "node_modules/.cache/python");
const isRequired = process.argv.includes("--require");

interface Language {
  readonly folder: string;
  readonly needs: readonly [command: string, ...args: string[]];
  readonly steps: readonly (readonly [command: string, ...args: string[]])[];
}

const languages: Readonly<Record<string, Language>> = {
  Python: {
    folder: "python",
    needs: ["python3", "-c", "import ensurepip, venv"],
    steps: [
      ["python3", "-m", "venv", VENV],
      [join(VENV, "bin/python"), "-m", "pip", "install", "--quiet", "--requirement", "requirements.txt"],
      [join(VENV, "bin/python"), "-m", "unittest"],
    ],
  },
  Go: {
    folder: "go",
    needs: ["go", "version"],
    steps: [
      ["go", "vet", "./..."],
      ["go", "test", "-count=1", "./..."],
    ],
  },
};

for (const [name, { folder, needs, steps }] of Object.entries(languages)) {
  const [command, ...args] = needs;
  const missing = await run(command, args).then(
    () => undefined,
    (error: Error) => error.message.split("\n")[0],
  );
  if (missing !== undefined) {
    console.error(`SKIPPED: the verifier in ${name} was not tested: ${missing}`);
    if (isRequired) process.exitCode = 1;
    continue;
  }
  try {
    for (const [step, ...more] of steps) await run(step, more, { cwd: join(HERE, folder) });
    console.log(`${name}: every vector verifies or is refused as it must`);
  } catch (error) {
    const { message, stdout, stderr } = error as Error & { stdout?: string; stderr?: string };
    console.error(`${name}: ${message}\n${stdout ?? ""}${stderr ?? ""}`);
    process.exitCode = 1;
  }
}
