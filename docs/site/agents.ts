import { CONTENTS, ENTRIES } from "../contents.ts";
import type { SiteFile } from "./page.ts";

/** The pages that a coding agent needs to build and certify a vendor, in reading order. */
const FOR_A_VENDOR = [
  "vendor.html",
  "contract.html",
  "signing.html",
  "vendor-minimal.html",
  "certification.html",
  "conformance.html",
  "faq.html",
];

/** Builds `llms.txt`, which lists every text, and `llms-full.txt`, which holds what is needed to build a vendor. */
export function textsForAgents(read: (source: string) => string): SiteFile[] {
  const sections = CONTENTS.map(({ title, entries }) => {
    const lines = entries.map(
      (entry) =>
        `- [${entry.title}](${entry.source ? entry.path.replace(/html$/, "md") : entry.path}): ${entry.about}`,
    );
    return `## ${title}\n\n${lines.join("\n")}`;
  });
  const list = `# Vendor cloud kit

> A vendor of security devices serves an inventory API and sends signed webhooks; an integrator polls the API and receives the
> webhooks. The contract between them, the packages of both sides, and the suite that certifies them.

To build a vendor, read llms-full.txt: it holds the contract and the guides in one file. openapi.yaml and schemas/ are the contract for programs,
vectors/ has signatures and payloads to test against.

${sections.join("\n\n")}
`;
  const full = FOR_A_VENDOR.flatMap((path) => {
    const entry = ENTRIES.find((each) => each.path === path);
    if (!entry?.source) return [];
    const listings = (entry.listings ?? []).map((name) => `## ${name}\n\n\`\`\`ts\n${read(name)}\`\`\`\n`);
    return [`<!-- ${path} -->\n`, read(entry.source), ...listings];
  });
  return [
    { path: "llms.txt", content: list },
    { path: "llms-full.txt", content: full.join("\n") },
  ];
}
