import suite from "../../package.json" with { type: "json" };
import type { Failure } from "../checks/finding.ts";
import type { Delivery, Exchange } from "../evidence/exchange.ts";
import { memberOf, objectOf, textOf } from "../evidence/read.ts";
import { findTrigger, trafficIn } from "../evidence/traffic.ts";
import { requirementsOf } from "../registry/profiles.ts";
import { CONTRACT_VERSION } from "../registry/requirements.ts";
import type { BaselineOutcome } from "../suite/baseline.ts";
import { firstIn, type Run } from "../suite/grade.ts";
import { concludeFrom } from "../suite/verdict.ts";
import { inNameOrder } from "./header-order.ts";

/** The longest body that goes into a report. */
const MOST_BODY = 2000;

const cut = (text: string) => (text.length > MOST_BODY ? `${text.slice(0, MOST_BODY)}…` : text);

/** What a report tells of one exchange. */
export const reportedExchange = ({ id, purpose, request, response, failure }: Exchange) => ({
  id,
  purpose,
  method: request.method,
  url: request.url,
  request_headers: inNameOrder(request.headers),
  request_body: request.body,
  request_type: request.headers["content-type"] ?? null,
  authenticated: "authorization" in request.headers,
  /** Whether it was an OAuth 2 client's login by HTTP Basic, and no bearer token. */
  by_client: (request.headers["authorization"] ?? "").startsWith("Basic "),
  /** The variable that the credential comes by; `null` for one that the suite made up or was issued. */
  credential_variable: /\[(CONFORMANCE_\w+)\]$/.exec(request.headers["authorization"] ?? "")?.[1] ?? null,
  /** A webhook that the suite posted: its signature is of that moment, so it cannot be sent again by hand. */
  signed: "webhook-signature" in request.headers || "webhook-id" in request.headers,
  status: response?.status ?? null,
  response_headers: inNameOrder(response?.headers ?? {}),
  response_body: cut(response?.body ?? ""),
  no_answer: failure,
});

const reportedDelivery = ({ id, receivedAt, headers, bodyBase64 }: Delivery) => ({
  id,
  received_at: receivedAt,
  headers: inNameOrder(headers),
  body: cut(Buffer.from(bodyBase64, "base64").toString("utf8")),
});

/** What a failure points at, and what its words name beside that. */
const namedIn = ({ at, expected, actual, hint }: Failure): readonly string[] => [
  at,
  ...(`${expected} ${actual} ${hint}`.match(/\b[xd]\d+\b/g) ?? []),
];

/**
 * A run as data: the report that CI keeps, and what the terminal prints.
 * Its shape is versioned by `report_version`; members are added, never changed.
 *
 * @param baseline what was set aside, where something was
 */
export function reportOf(run: Run, baseline: BaselineOutcome | null = null) {
  const manifest = run.record.parts.discovery ? objectOf(run.record.parts.discovery.manifest) : null;
  const unanswered = firstIn(run.record)?.failure ?? null;
  const cited = new Set(run.results.flatMap(({ failures }) => failures.flatMap(namedIn)));
  const { exchanges, deliveries } = trafficIn(run.record);
  return {
    report_version: "1" as const,
    suite: { name: suite.name, version: suite.version },
    contract_version: CONTRACT_VERSION,
    subject: run.profiles.some((name) => name === "receiver") ? ("receiver" as const) : ("vendor" as const),
    target: run.target.href,
    vendor: textOf(memberOf(manifest, "vendor"), "name"),
    started_at: run.startedAt.toISOString(),
    finished_at: run.finishedAt.toISOString(),
    /** Why nothing answered at the target; `null` where something did. */
    no_answer: unanswered && `no answer (${unanswered})`,
    trigger: findTrigger(run.record),
    /** What every choice by chance followed from: the same seed makes the same ones. */
    seed: run.seed,
    partial: run.partial,
    /** Why the run ended before its end; `null` where it did not. */
    stopped: run.stopped,
    conclusion: run.conclusion,
    /** Whether known failures were set aside: such a run certifies nothing. */
    baselined: run.baselined,
    /** What was set aside, which entries have to go, and whether nothing else is wrong; `null` where that is not known. */
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
      failures,
      judged,
      reason,
    })),
    /** What the profiles ask for and this version of the suite does not judge: a certificate says nothing of it. */
    not_judged: run.notJudged.map(({ requirement: { id, level, text }, reason }) => ({
      id,
      level,
      text,
      reason,
    })),
    /** The evidence that failures point at. */
    exchanges: exchanges.filter(({ id }) => cited.has(id)).map(reportedExchange),
    deliveries: deliveries.filter(({ id }) => cited.has(id)).map(reportedDelivery),
  };
}

export type Report = ReturnType<typeof reportOf>;
