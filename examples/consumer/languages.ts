/**
 * Runs the tests of the verifiers in Python and Go, and the samples of `docs/signing.md`, against the test vectors. A language
 * without its toolchain is skipped, which is said on standard error; with `--require`, it is an error.
 */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { readSamples, runSample, samples } from "./samples.ts";

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

/** Runs a check if there is the toolchain that it needs, and says how it went. */
async function check(
  what: string,
  [command, ...args]: Language["needs"],
  test: () => Promise<string | undefined>,
): Promise<void> {
  const missing = await run(command, args).then(
    () => undefined,
    (error: Error) => error.message.split("\n")[0],
  );
  if (missing !== undefined) {
    console.error(`SKIPPED: ${what} was not tested: ${missing}`);
    if (isRequired) process.exitCode = 1;
    return;
  }
  try {
    const wrong = await test();
    if (wrong !== undefined) throw new Error(wrong);
    console.log(`${what}: every vector has the result that it must have`);
  } catch (error) {
    // The message of a command that failed has its standard error.
    const { message, stdout } = error as Error & { stdout?: string };
    console.error(`${what}: ${message}\n${stdout ?? ""}`);
    process.exitCode = 1;
  }
}

for (const [name, { folder, needs, steps }] of Object.entries(languages))
  await check(`the verifier in ${name}`, needs, async () => {
    for (const [step, ...more] of steps) await run(step, more, { cwd: join(HERE, folder) });
    return undefined;
  });

const code = await readSamples();
for (const [name, sample] of Object.entries(samples))
  await check(`the sample of docs/signing.md in ${name}`, sample.needs, () =>
    runSample(sample, code.get(sample.fence) ?? ""),
  );
console.error("NOT RUN: the sample of docs/signing.md in C#, because CI has no .NET SDK");
