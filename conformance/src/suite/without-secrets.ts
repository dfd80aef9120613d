import type { checks as allChecks } from "../checks/index.ts";
import { redact } from "../redaction/redact.ts";
import { findSecrets } from "../redaction/secrets.ts";
import { conclude, grade, type Run } from "./grade.ts";
import type { Result } from "./verdict.ts";

/**
 * The run as it is kept: without secrets, and judged without them. Where that changes a verdict, neither is believed.
 *
 * @param seen what was recorded, judged as it came
 * @param credentials every credential the suite was given: what no evidence and no report may show
 */
export async function withoutSecrets(
  seen: Run,
  credentials: readonly string[],
  checks: typeof allChecks,
): Promise<Run> {
  const { record, placeholders, clean } = redact(seen.record, findSecrets(credentials, [seen.target.href]));
  const target = new URL(clean(seen.target.href));
  const kept = await grade({ ...seen, target, record, placeholders }, checks);
  const results = kept.results.map((result, index): Result => {
    const verdict = seen.results[index]?.verdict;
    if (result.verdict === verdict) return result;
    const reason = `it came out as ${verdict}, and as ${result.verdict} when secrets were taken out of the evidence`;
    return { ...result, verdict: "harness-error", cites: [], failures: [], reason };
  });
  return { ...kept, results, conclusion: conclude(kept, results) };
}
