/**
 * Explains that the running Node is too old for a package.
 *
 * @param command the command's name, which starts the sentence
 * @param engines the range in the package's `engines.node`, such as `>=22.18`
 * @param running the version of Node that runs, such as `20.20.2`
 * @returns `null` if it is new enough
 */
export function explainOldNode(command: string, engines: string, running: string): string | null {
  const needed = engines.replace(/^>=/, "");
  const [major = 0, minor = 0] = needed.split(".").map(Number);
  const [runningMajor = 0, runningMinor = 0] = running.split(".").map(Number);
  if (runningMajor > major || (runningMajor === major && runningMinor >= minor)) return null;
  return `${command}: Node ${running} is too old. Run Node ${needed} or later.`;
}
