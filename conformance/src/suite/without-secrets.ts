import type { checks as allChecks } from "../checks/index.ts";
import { redact } from "../redaction/redact.ts";
import { findSecrets } from "../redaction/secrets.ts";
import { conclude, grade, type Run } from "./grade.ts";
import type { Result } from "./verdict.ts";

/**
 * Removes secrets from a run and judges it again. A verdict that changes becomes `harness-error`.
 *
 * @param seen the run as recorded and judged, with secrets
 * @param credentials every credential given to the suite; no evidence and no report may contain one
 */
export async function withoutSecrets(
  seen: Run,
  credentials: readonly string[],
  checks: typeof allChecks,
): Promise<Run> {
  const { record, placeholders, clean } = redact(seen.record, findSecrets(credentials, [seen.target.href]));
  const target = new URL(clean(seen.target.href));
  const stopReason = seen.stopReason && { stopReason: clean(seen.stopReason) };
  const kept = await grade({ ...seen, ...stopReason, target, record, placeholders }, checks);
  const results = kept.results.map((result, index): Result => {
    const verdict = seen.results[index]?.verdict;
    if (result.verdict === verdict) return result;
    const reason = `the verdict is ${verdict} with secrets in the evidence, but ${result.verdict} without them`;
    return { ...result, verdict: "harness-error", cites: [], failures: [], reason };
  });
  return { ...kept, results, conclusion: conclude(kept, results) };
}
