import { html } from "@convergint/internal/html";
import { page, type SiteFile } from "./page.ts";

/** The numbers that the first page shows. */
export interface Counts {
  readonly requirements: number;
  readonly schemas: number;
  readonly eventTypes: number;
  readonly vectors: number;
}

/** Builds the first page: a summary, and links to all parts. */
export function indexPage({ requirements, schemas, eventTypes, vectors }: Counts): SiteFile {
  const main = html`<h1>Vendor cloud contract</h1>
<p class="lead">It connects the cloud of a security device vendor with the cloud of an integrator. The vendor serves an inventory API and sends
signed webhooks; the consumer polls the inventory and receives the webhooks. The contract is what both sides agree on.</p>
<ul class="cards large">
<li><a href="contract.html">Specification</a><span>The normative text: ${requirements} numbered requirements, the reasons behind them, and an example of every payload.</span></li>
<li><a href="api.html">API reference</a><span>Every call and every webhook, from the OpenAPI 3.1 document.</span></li>
<li><a href="schemas.html">Schemas</a><span>${schemas} payloads as JSON Schema 2020-12, ${eventTypes} of them event types, described field by field.</span></li>
<li><a href="requirements.html">Requirements</a><span>All requirements in one table, searchable and with links.</span></li>
<li><a href="vectors.html">Test vectors</a><span>${vectors} files of test cases that any language can load: signatures, payloads, pagination, event order.</span></li>
<li><a href="decisions.html">Decisions</a><span>The design decisions and the rejected alternatives.</span></li>
</ul>
<h2 id="start">Where to start</h2>
<ol class="steps">
<li>Read the <a href="contract.html#where-to-start">first table of the specification</a>: it lists what to build for each profile.</li>
<li>Generate a server or client from <a href="openapi.yaml" download>openapi.yaml</a>, or validate with the <a href="schemas.html">schemas</a>.</li>
<li>Check your signatures against the <a href="vectors.html">vectors</a>; any Standard Webhooks library can create them.</li>
<li>Certify in your own CI with the conformance suite: each line of its report names a <a href="requirements.html">requirement</a>.</li>
</ol>`;
  return page({ path: "index.html", title: "Overview", main });
}
