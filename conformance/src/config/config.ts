import type { Profile } from "../registry/profiles.ts";
import type { Format } from "../report/formats.ts";

/** What a run is set up with by a file. What is a secret has no place in it. */
export interface Config {
  /** The vendor's base URL, where `/.well-known/vendor-cloud` is. */
  readonly target?: string | undefined;
  /** What to certify. Default: all that the manifest claims. */
  readonly profiles?: readonly Profile[] | undefined;
  /** By format, the file that a report is written to, seen from the folder of the config file. */
  readonly reports?: { readonly [F in Format]?: string | undefined } | undefined;
  /** The file that everything recorded is kept in, seen from the folder of the config file. */
  readonly bundle?: string | undefined;
  /** The file of known failures, seen from the folder of the config file; a run with one certifies nothing. */
  readonly baseline?: string | undefined;
  /** Without sandbox control: a command that changes the device its standard input names. */
  readonly triggerCommand?: string | undefined;
  /** How the vendor reaches the receiver. Default: on loopback. */
  readonly publicUrl?: string | undefined;
  /** The port of the receiver; 0 takes a free one. Default: 0. */
  readonly receiverPort?: number | undefined;
  /** What every choice by chance follows from, to make the same ones again. Default: drawn. */
  readonly seed?: number | undefined;
  /** How long a run may take; then it ends with what there is. Default: 600. */
  readonly timeBudgetSeconds?: number | undefined;
}

/** Gives a config file its types: `export default defineConfig({ … })`. */
export const defineConfig = (config: Config): Config => config;
