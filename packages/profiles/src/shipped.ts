import { readdirSync, readFileSync } from "node:fs";
import { readProfile } from "./read-profile.ts";

/** The folder is next to `src` in the repository, and next to `dist` in the published package. */
const FOLDER = new URL("../shipped/", import.meta.url);

const listNames = (): string[] =>
  readdirSync(FOLDER)
    .filter((file) => file.endsWith(".yaml"))
    .map((file) => file.slice(0, -".yaml".length))
    .sort();

/**
 * Returns the text of a profile that comes with this package.
 *
 * @param name the name of the profile, such as `convergint-page`
 * @returns `null` if there is no such profile
 */
export const readShipped = (name: string): string | null =>
  listNames().includes(name) ? readFileSync(new URL(`${name}.yaml`, FOLDER), "utf8") : null;

/** Lists the profiles that come with this package, by name. */
export const listShipped = (): { readonly name: string; readonly title: string }[] =>
  listNames().map((name) => ({ name, title: readProfile(readShipped(name) ?? "", name).title }));
