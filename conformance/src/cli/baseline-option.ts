import { BaselineError, type KnownFailure, readBaseline } from "../suite/baseline.ts";
import { readInput } from "./files.ts";
import { UsageError } from "./usage-error.ts";

/** What `--baseline` is for. */
export const BASELINE = "a file of known failures, which fail no CI until they expire; certifies nothing";

/** Reads the baseline that was given, or `null` where none was. @throws {UsageError} naming what is wrong in it */
export async function baselineIn(file: string | undefined): Promise<readonly KnownFailure[] | null> {
  if (file === undefined) return null;
  const content = await readInput("The baseline", file);
  try {
    return readBaseline(file, content.toString("utf8"));
  } catch (error) {
    if (error instanceof BaselineError) throw new UsageError(error.message);
    throw error;
  }
}
