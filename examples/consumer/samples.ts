/** Runs the samples of `docs/signing.md`, as the page shows them, against the test vectors. */
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

const PAGE = join(import.meta.dirname, "../../docs/signing.md");
const VECTORS = join(import.meta.dirname, "../../spec/1.0/vectors/signatures.json");
const WORKED_EXAMPLE = "the worked example of the contract";

interface Vector {
  readonly name: string;
  readonly sign_with?: readonly string[];
  readonly headers: Readonly<Record<string, string>>;
  readonly body_base64: string;
}

/** How the sample of a language becomes a program. */
interface Sample {
  /** The word after the fence of the code block. */
  readonly fence: string;
  /** A command that succeeds only with the toolchain. */
  readonly needs: readonly [command: string, ...args: string[]];
  readonly file: string;
  /** Adds to the sample what the page leaves out. */
  readonly toProgram: (sample: string) => string;
  readonly command: readonly [command: string, ...args: string[]];
  /** The sample as it stands prints the signature of the worked example. */
  readonly printsWorkedExample: boolean;
  /** The program signs each line of its input (secret, id, timestamp, body as base64), and prints the signature. */
  readonly signsInput: boolean;
}

/** By the name of each language. C# is not run: no source from which CI installs has a current .NET SDK. */
export const samples: Readonly<Record<string, Sample>> = {
  TypeScript: {
    fence: "ts",
    needs: [process.execPath, "--version"],
    file: "sample.ts",
    toProgram: (sample) =>
      sample.replace('"@convergint/webhooks"', JSON.stringify(import.meta.resolve("@convergint/webhooks"))),
    command: [process.execPath, "--conditions=@convergint/source", "sample.ts"],
    printsWorkedExample: true,
    signsInput: false,
  },
  Python: {
    fence: "python",
    needs: ["python3", "--version"],
    file: "sample.py",
    toProgram: (sample) => `${sample}
import sys

for line in sys.stdin:
    secret, id, timestamp, body = line.rstrip("\\n").split(" ")
    print(sign(secret, id, int(timestamp), base64.b64decode(body)))
`,
    command: ["python3", "sample.py"],
    printsWorkedExample: true,
    signsInput: true,
  },
  Go: {
    fence: "go",
    needs: ["go", "version"],
    file: "main.go",
    toProgram: (sample) => `package main

import (
	"bufio"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"os"
	"strings"
)

${sample}
func main() {
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		part := strings.Split(lines.Text(), " ")
		body, err := base64.StdEncoding.DecodeString(part[3])
		if err != nil {
			panic(err)
		}
		signature, err := sign(part[0], part[1], part[2], body)
		if err != nil {
			panic(err)
		}
		fmt.Println(signature)
	}
}
`,
    command: ["go", "run", "main.go"],
    printsWorkedExample: false,
    signsInput: true,
  },
  Java: {
    fence: "java",
    needs: ["javac", "-version"],
    file: "Sample.java",
    toProgram: (sample) => `import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.Base64;
import java.util.Scanner;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

class Sample {
    ${sample}
    public static void main(String[] args) throws GeneralSecurityException {
        Scanner lines = new Scanner(System.in);
        while (lines.hasNextLine()) {
            String[] part = lines.nextLine().split(" ", -1);
            System.out.println(sign(part[0], part[1], Long.parseLong(part[2]), Base64.getDecoder().decode(part[3])));
        }
    }
}
`,
    command: ["java", "Sample.java"],
    printsWorkedExample: false,
    signsInput: true,
  },
  "a shell": {
    fence: "bash",
    needs: ["openssl", "version"],
    file: "sample.sh",
    toProgram: (sample) => sample,
    command: ["sh", "sample.sh"],
    printsWorkedExample: true,
    signsInput: false,
  },
};

const WITHOUT_TOOLCHAIN = ["cs"];

/**
 * Reads the samples of the page, by fence.
 * @throws if the page has a sample that nothing runs, or lacks one that this file runs.
 */
export async function readSamples(): Promise<ReadonlyMap<string, string>> {
  const blocks = [...(await readFile(PAGE, "utf8")).matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)];
  const found = blocks.map(([, fence]) => fence).filter((fence) => fence !== "text");
  const known = [...Object.values(samples).map(({ fence }) => fence), ...WITHOUT_TOOLCHAIN];
  if (found.toSorted().join() !== known.toSorted().join())
    throw new Error(
      `docs/signing.md has samples in ${found.join(", ")}; this file knows ${known.join(", ")}: add each here`,
    );
  return new Map(blocks.map(([, fence = "", code = ""]) => [fence, code]));
}

/**
 * Runs one sample in an empty folder.
 * @returns what is wrong: nothing if it prints the signature of every vector.
 */
export async function runSample(
  { file, toProgram, command, printsWorkedExample, signsInput }: Sample,
  code: string,
): Promise<string | undefined> {
  const vectors = (JSON.parse(await readFile(VECTORS, "utf8")).cases as Vector[]).filter(
    ({ sign_with: keys }) => keys?.length === 1 && keys[0]?.startsWith("whsec_"),
  );
  const cases = [
    ...(printsWorkedExample ? vectors.filter(({ name }) => name === WORKED_EXAMPLE) : []),
    ...(signsInput ? vectors : []),
  ];
  const input = (signsInput ? vectors : []).map(
    ({ sign_with: keys, headers, body_base64: body }) =>
      `${keys?.[0]} ${headers["webhook-id"]} ${headers["webhook-timestamp"]} ${body}\n`,
  );
  const folder = await mkdtemp(join(tmpdir(), "signing-sample-"));
  try {
    await writeFile(join(folder, file), toProgram(code));
    const lines = (await output(command, folder, input.join(""))).trimEnd().split("\n");
    if (lines.length !== cases.length) return `printed ${lines.length} lines instead of ${cases.length}`;
    const at = cases.findIndex(({ headers }, index) => headers["webhook-signature"] !== lines[index]);
    const wrong = cases[at];
    return wrong && `"${wrong.name}": printed ${lines[at]} instead of ${wrong.headers["webhook-signature"]}`;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Runs a command with an input, and resolves to what it prints. */
function output([command, ...args]: Sample["command"], cwd: string, input: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = execFile(command, args, { cwd }, (error, stdout) =>
      error ? reject(error) : resolve(stdout),
    );
    // A sample that reads no input may end before all of it is written.
    child.stdin?.on("error", () => undefined).end(input);
  });
}
