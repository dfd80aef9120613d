import { readdir } from "node:fs/promises";
import type { Mutant } from "./mutant.ts";

const FOLDER = new URL("./vendor/", import.meta.url);

/** A mutant with the name its file has. */
export interface NamedMutant extends Mutant {
  readonly name: string;
}

/** Loads every mutant of the folder: adding one is adding its file. */
export async function loadMutants(): Promise<NamedMutant[]> {
  const files = (await readdir(FOLDER)).filter((file) => file.endsWith(".ts")).toSorted();
  return Promise.all(
    files.map(async (file) => {
      const loaded: { default: Mutant } = await import(new URL(file, FOLDER).href);
      return { ...loaded.default, name: file.replace(/\.ts$/, "") };
    }),
  );
}
