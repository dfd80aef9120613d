import { UsageError } from "./usage-error.ts";

const KEY = { secret: /^whsec_[A-Za-z0-9+/]+={0,2}$/, public: /^whpk_[A-Za-z0-9+/]+={0,2}$/ } as const;

/**
 * Reads what webhooks are verified with.
 *
 * @param where the flag or variable it was given by
 * @throws {UsageError} that does not repeat it: it may be a secret with a typing mistake
 */
export function webhookKey(where: string, text: string, kinds: readonly (keyof typeof KEY)[]): string {
  if (kinds.some((kind) => KEY[kind].test(text))) return text;
  const names = { secret: "a secret that begins with whsec_", public: "a public key that begins with whpk_" };
  throw new UsageError(`${where} takes ${kinds.map((kind) => names[kind]).join(", or ")}, as it was issued.`);
}
