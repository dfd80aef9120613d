import suite from "../../package.json" with { type: "json" };
import type { Failure } from "../checks/finding.ts";
import { findRegistration } from "../evidence/deliveries.ts";
import type { Delivery, Exchange } from "../evidence/exchange.ts";
import { excerptAt } from "../evidence/json-pointer.ts";
import { bodyOf, jsonOf, memberOf, objectOf, textOf } from "../evidence/read.ts";
import { collectTraffic } from "../evidence/traffic.ts";
import { triggerOf } from "../evidence/trigger-record.ts";
import { requirementsOf } from "../registry/profiles.ts";
import { CONTRACT_VERSION } from "../registry/requirements.ts";
import type { BaselineOutcome } from "../suite/baseline.ts";
import { firstIn, type Run } from "../suite/grade.ts";
import { metBy } from "../suite/through.ts";
import { concludeFrom } from "../suite/verdict.ts";

/** The maximum length of a body in a report; longer bodies are truncated. */
const MAX_BODY = 2000;

const truncate = (text: string) => (text.length > MAX_BODY ? `${text.slice(0, MAX_BODY)}…` : text);

/**
 * Sorts headers by name. A bundle does not keep the order of headers, and a report from a bundle must equal
 * the report of the run byte for byte.
 */
export const sortHeaders = (headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(headers).toSorted(([one], [other]) => (one < other ? -1 : 1)));

/** Converts an exchange for a report. */
export const toReportedExchange = ({ id, purpose, request, response, failure }: Exchange) => ({
  id,
  purpose,
  method: request.method,
  url: request.url,
  request_headers: sortHeaders(request.headers),
  request_body: request.body,
  request_type: request.headers["content-type"] ?? null,
  authenticated: "authorization" in request.headers,
  /** Whether an OAuth 2 client authenticated with HTTP Basic, rather than a bearer token. */
  by_client: (request.headers["authorization"] ?? "").startsWith("Basic "),
  /** The variable for the credential in commands: of the environment, `TOKEN` or `ACCESS_TOKEN`; `null` for a made-up credential. */
  credential_variable:
    /\[(CONFORMANCE_\w+|(?:ACCESS_)?TOKEN)\]$/.exec(request.headers["authorization"] ?? "")?.[1] ?? null,
  /**
   * Whether the request is a webhook that the suite signed. Such a webhook cannot be replayed, because its
   * timestamp expires.
   */
  signed: "webhook-signature" in request.headers || "webhook-id" in request.headers,
  status: response?.status ?? null,
  response_headers: sortHeaders(response?.headers ?? {}),
  response_body: truncate(response?.body ?? ""),
  no_answer: failure,
});

const toReportedDelivery = ({ id, receivedAt, headers, bodyBase64 }: Delivery) => ({
  id,
  received_at: receivedAt,
  headers: sortHeaders(headers),
  body: truncate(Buffer.from(bodyBase64, "base64").toString("utf8")),
});

/** Lists the ids of evidence that a failure refers to, including those in its text. */
const listEvidenceIds = ({ at, expected, actual, hint }: Failure): readonly string[] => [
  at,
  ...(`${expected} ${actual} ${hint}`.match(/\b[xd]\d+\b/g) ?? []),
];

/**
 * Creates the report of a run, from which all formats are rendered. `report_version` identifies the shape of
 * the report; within a version, members are added but never changed.
 *
 * @param baseline the effect of a baseline, if the run had one
 */
export function createReport(run: Run, baseline: BaselineOutcome | null = null) {
  const manifest = run.record.parts.discovery ? objectOf(run.record.parts.discovery.manifest) : null;
  const unanswered = firstIn(run.record)?.failure ?? null;
  const cited = new Set(run.results.flatMap(({ failures }) => failures.flatMap(listEvidenceIds)));
  const { exchanges, deliveries } = collectTraffic(run.record);
  const byId = new Map([...exchanges, ...deliveries].map((each) => [each.id, each]));
  /** The part of the body that failed. The report includes it because a long body is truncated. */
  const excerptOf = ({ at, where }: Failure): { readonly excerpt?: string } => {
    const evidence = byId.get(at);
    if (evidence === undefined || !where?.startsWith("/")) return {};
    const body = "request" in evidence ? jsonOf(evidence) : bodyOf(evidence);
    return body === undefined ? {} : { excerpt: excerptAt(body, where) };
  };
  return {
    report_version: "1" as const,
    suite: { name: suite.name, version: suite.version },
    contract_version: CONTRACT_VERSION,
    subject: run.profiles.some((name) => name === "receiver") ? ("receiver" as const) : ("vendor" as const),
    target: run.target.href,
    vendor: textOf(memberOf(manifest, "vendor"), "name"),
    started_at: run.startedAt.toISOString(),
    finished_at: run.finishedAt.toISOString(),
    /** Why there was no response from the target; `null` if there was one. */
    no_answer: unanswered,
    endpoints: findRegistration(run.record),
    /** How devices changed; `null` if no device changed. */
    trigger: triggerOf(run),
    /** The vendor profile between suite and vendor; `null` if the vendor serves the contract itself. */
    through: run.through ?? null,
    seed: run.seed,
    partial: run.partial,
    stopped: run.stopped,
    stop_reason: run.stopReason ?? null,
    conclusion: run.conclusion,
    baselined: run.baselined,
    baseline: baseline && { known: baseline.known, stale: baseline.stale, holds: baseline.exitCode === 0 },
    profiles: run.profiles.map((name) => {
      const ids = requirementsOf(
        name,
        run.results.map(({ requirement }) => requirement),
      ).map(({ id }) => id);
      const own = run.results.filter(({ requirement }) => ids.includes(requirement.id));
      const settled = run.conclusion === "unreachable" || run.conclusion === "interrupted";
      return { name, conclusion: settled ? run.conclusion : concludeFrom(own, run.partial || run.baselined) };
    }),
    requirements: run.results.map(({ requirement, verdict, cites, failures, judged, reason }) => ({
      id: requirement.id,
      level: requirement.level,
      profile: requirement.profile,
      verdict,
      text: requirement.text,
      anchor: requirement.anchor,
      cites,
      failures: failures.map((failure) => ({ ...failure, ...excerptOf(failure) })),
      judged,
      reason,
      /**
       * Who meets the requirement in a run through a vendor profile; `null` in any other run, and for a requirement
       * that is not met.
       */
      met_by: run.through && verdict === "pass" ? metBy(requirement.id) : null,
    })),
    /** Requirements of the profiles that this version of the suite does not test. */
    not_judged: run.notJudged.map(({ requirement: { id, level, text }, reason }) => ({
      id,
      level,
      text,
      reason,
    })),
    /** The evidence that failures refer to. */
    exchanges: exchanges.filter(({ id }) => cited.has(id)).map(toReportedExchange),
    deliveries: deliveries.filter(({ id }) => cited.has(id)).map(toReportedDelivery),
  };
}

export type Report = ReturnType<typeof createReport>;
