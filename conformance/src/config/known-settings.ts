import { vendorProfileNames } from "../registry/profiles.ts";
import { formatNames } from "../report/formats.ts";
import type { Setting, SettingName } from "./settings.ts";

/** Every setting of a run of a vendor: the member of the config file is its name. */
export const knownSettings: Readonly<Record<SettingName, Setting>> = {
  target: {
    flags: "--target <url>",
    description: "the vendor's base URL",
    variable: "CONFORMANCE_TARGET",
  },
  profiles: {
    flags: "--profile <name>",
    description: `what to certify: ${vendorProfileNames.join(", ")}; repeatable `,
    variable: "CONFORMANCE_PROFILES",
    isList: true,
    without: "all that the manifest claims",
  },
  reports: {
    flags: "--report <format=file>",
    description: `also write a report; formats: ${formatNames.join(", ")}; repeatable`,
    variable: "CONFORMANCE_REPORTS",
    isList: true,
  },
  bundle: {
    flags: "--bundle <file>",
    description: "also keep everything that was recorded, for regrade and certify",
    variable: "CONFORMANCE_BUNDLE",
  },
  baseline: {
    flags: "--baseline <file>",
    description: "a file of known failures, which fail no CI until they expire; certifies nothing",
    variable: "CONFORMANCE_BASELINE",
  },
  triggerCommand: {
    flags: "--trigger-cmd <command>",
    description: "without sandbox control: a command that changes the device its standard input names",
    variable: "CONFORMANCE_TRIGGER_CMD",
  },
  publicUrl: {
    flags: "--public-url <url>",
    description: "how the vendor reaches this machine's receiver; it listens on loopback otherwise",
    variable: "CONFORMANCE_PUBLIC_URL",
  },
  receiverPort: {
    flags: "--receiver-port <port>",
    description: "port of the receiver; 0 takes a free one (default: 0)",
    variable: "CONFORMANCE_RECEIVER_PORT",
    fallback: "0",
  },
  seed: {
    flags: "--seed <n>",
    description: "makes the choices of an earlier run again, as its report says (default: drawn)",
    variable: "CONFORMANCE_SEED",
  },
  timeBudgetSeconds: {
    flags: "--time-budget <seconds>",
    description: "how long the run may take; then it ends with what there is (default: 600)",
    variable: "CONFORMANCE_TIME_BUDGET",
    fallback: "600",
  },
};

export const settingNames = Object.keys(knownSettings) as SettingName[];
