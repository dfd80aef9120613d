import type { z } from "zod";
import type { configSchema } from "./vendor-settings.ts";

/**
 * The settings of `run` that a config file can hold; paths are relative to the file. Credentials are not among them.
 *
 * @see the table of settings in the README
 */
export type Config = z.infer<typeof configSchema>;

/** Types the default export of a config file: `export default defineConfig({ … })`. */
export const defineConfig = (config: Config): Config => config;
