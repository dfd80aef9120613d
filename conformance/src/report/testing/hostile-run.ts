import type { Evidence } from "../../evidence/evidence.ts";
import { delivery, exchange } from "../../evidence/testing/recorded.ts";
import { requirements } from "../../registry/requirements.ts";
import type { Run } from "../../suite/grade.ts";

/** A hostile text: markup, script, terminal escapes, and ends of CDATA sections and code fences. */
export const HOSTILE = `</pre></script><script>document.title="owned"</script><img src="https://evil.example/x.png" onerror="document.title='owned'"> \u001b[2J\u001b[31mCERTIFIED ]]> \`\`\` @channel \u202e [x](javascript:alert(1)) \ud800`;

/** Creates a run in which every text of the vendor is hostile and one body is a megabyte. */
export function createHostileRun(): Run {
  const manifest = exchange({ vendor: { name: HOSTILE } });
  const answered = exchange(HOSTILE.repeat(6000), { status: 500, headers: { "x-note": HOSTILE } });
  const headers = { authorization: "Bearer [redacted]", accept: "application/json" };
  const wrong = { ...answered, request: { ...answered.request, headers } };
  const posted = delivery(HOSTILE, { "webhook-id": HOSTILE });
  const vendors = requirements.filter(({ actor, profile }) => actor === "vendor" && profile === "inventory");
  return {
    target: new URL("https://vendor.example/a'b"),
    profiles: ["inventory"],
    only: null,
    stopped: null,
    given: [],
    seed: null,
    baselined: false,
    partial: false,
    conclusion: "not_conformant",
    results: vendors.slice(0, 6).map((requirement, index) => ({
      requirement,
      verdict:
        (["fail", "fail", "warn", "could-not-run", "pass", "not-applicable"] as const)[index] ?? "pass",
      cites: index === 4 ? [manifest.id] : [],
      failures:
        index < 3
          ? [wrong.id, posted.id].map((at) => ({
              at,
              where: `/data/0/${HOSTILE}`,
              expected: "another",
              actual: HOSTILE,
              hint: HOSTILE,
            }))
          : [],
      judged: index < 3 ? 5 : null,
      reason: index === 3 || index === 5 ? HOSTILE : null,
    })),
    notJudged: [],
    record: {
      parts: {
        endpoints: { manifest, wrong, posted } as unknown as Evidence["endpoints"],
        discovery: { manifest },
      },
      missing: {},
    },
    placeholders: [],
    startedAt: new Date(0),
    finishedAt: new Date(61_000),
  };
}
