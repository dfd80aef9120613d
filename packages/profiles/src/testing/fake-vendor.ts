/** How a fake vendor divides a listing into pages. */
export type FakePaging =
  | { readonly style: "none" }
  /** `end` is how the last page looks; with `flag`, it has a cursor too. */
  | { readonly style: "cursor"; readonly end: "null" | "empty" | "absent" | "flag"; readonly sendIn?: "body" }
  | { readonly style: "link" }
  | { readonly style: "page"; readonly totals: "items" | "pages" | "headers" | "none" }
  | { readonly style: "offset"; readonly totals: "items" | "none" };

/** Where a response has its items: the body itself, a member, or a member of a member. */
export type FakeEnvelope = "bare" | "member" | "nested";

/** One listing of a fake vendor. */
export interface FakeListing {
  readonly paging: FakePaging;
  readonly envelope: FakeEnvelope;
  /** The items at this moment. `names` are the values in the path, decoded. */
  readonly items: (names: Readonly<Record<string, string>>) => readonly unknown[];
  /** Max items per page of the vendor, whatever the caller asks for. Default: 100. */
  readonly maxPageSize?: number;
}

/** A call that a fake vendor received. */
export interface FakeCall {
  readonly method: string;
  readonly url: URL;
  readonly headers: Headers;
  readonly body: string;
}

/** A fake vendor: its cloud in memory. */
export interface FakeVendor {
  readonly fetch: typeof fetch;
  readonly calls: readonly FakeCall[];
}

/** Where the fakes are. */
export const FAKE_BASE = "https://api.vendor.example/root";

const SIZE = "size";

/** Writes the section `paging` of a profile for a fake listing. */
export function pagingRule(paging: FakePaging, envelope: FakeEnvelope, size: number): object {
  const meta = envelope === "nested" ? "body.meta" : "body";
  const sized = { size: { name: SIZE, value: size } };
  switch (paging.style) {
    case "none":
      return { style: "none" };
    case "link":
      return { style: "link", ...sized };
    case "cursor":
      return {
        style: "cursor",
        next: `${meta}.next`,
        send_as: "cursor",
        ...(paging.sendIn && { send_in: paging.sendIn }),
        ...sized,
        ...(paging.end === "flag" ? { ends_when: `${meta}.more == false` } : { end: [paging.end] }),
      };
    case "page":
      return {
        style: "page",
        page: "page",
        ...sized,
        ...(paging.totals === "items" && { total: `${meta}.total` }),
        ...(paging.totals === "pages" && { pages: `${meta}.pages` }),
        ...(paging.totals === "headers" && { total: "headers['x-total']" }),
      };
    case "offset":
      return {
        style: "offset",
        offset: "offset",
        ...sized,
        ...(paging.totals === "items" && { total: `${meta}.total` }),
      };
  }
}

/** Writes the expression `items` of a profile for a fake listing. */
export const itemsRule = (envelope: FakeEnvelope): string =>
  ({ bare: "body", member: "body.items", nested: "body.result.rows" })[envelope];

/** Answers a call of a listing. */
function answerListing(
  listing: FakeListing,
  { url, body }: FakeCall,
  names: Readonly<Record<string, string>>,
): Response {
  const { paging, envelope, items, maxPageSize = 100 } = listing;
  const sent: Readonly<Record<string, unknown>> =
    paging.style === "cursor" && paging.sendIn === "body" && body !== ""
      ? JSON.parse(body)
      : Object.fromEntries(url.searchParams);
  const all = items(names);
  const asked = Math.min(Number(sent[SIZE] ?? maxPageSize), maxPageSize);
  const size = paging.style === "none" ? all.length : asked;
  const page = Number(sent["page"] ?? 1);
  const from =
    paging.style === "page"
      ? (page - 1) * size
      : Number(sent["offset"] ?? String(sent["cursor"] ?? "0").replace("c", ""));
  const rows = all.slice(from, from + size);
  const isLast = from + size >= all.length;
  const next = `c${from + size}`;
  const headers = new Headers({ "content-type": "application/json" });
  let meta: object = {};
  if (paging.style === "cursor") {
    const atEnd = { null: { next: null }, empty: { next: "" }, absent: {}, flag: { next, more: false } }[
      paging.end
    ];
    meta = isLast ? atEnd : { next, more: true };
  } else if (paging.style === "link" && !isLast) {
    const target = new URL(url);
    target.searchParams.set("cursor", next);
    headers.set("link", `<${target.pathname}${target.search}>; rel="next", <${url.pathname}>; rel=first`);
  } else if (paging.style === "page" || paging.style === "offset") {
    if (paging.totals === "items") meta = { total: all.length };
    if (paging.totals === "pages") meta = { pages: Math.ceil(all.length / size) };
    if (paging.totals === "headers") headers.set("x-total", String(all.length));
  }
  const content = { bare: rows, member: { ...meta, items: rows }, nested: { meta, result: { rows } } }[
    envelope
  ];
  return new Response(JSON.stringify(content), { headers });
}

/**
 * Creates a vendor's cloud in memory, with the paging and envelopes that vendors use.
 *
 * @param listings by path below {@link FAKE_BASE}; `{name}` is a variable segment
 * @param intercept answers instead of the listings, such as with a failure; `null` lets the listing answer
 */
export function createFakeVendor(
  listings: Readonly<Record<string, FakeListing>>,
  intercept: (call: FakeCall, index: number) => Response | null | Promise<Response | null> = () => null,
): FakeVendor {
  const calls: FakeCall[] = [];
  const routes = Object.entries(listings).map(([path, listing]) => {
    const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = ""]) => name);
    const pattern = new RegExp(`^/root${path.replaceAll(/\{\w+\}/g, "([^/]+)")}$`);
    return { names, pattern, listing };
  });
  return {
    calls,
    async fetch(input, init) {
      const request = new Request(input, init);
      request.signal.throwIfAborted();
      const { method, headers } = request;
      const call = { method, url: new URL(request.url), headers, body: await request.text() };
      calls.push(call);
      const aborted = new Promise<never>((_, reject) => {
        request.signal.addEventListener("abort", () => reject(request.signal.reason));
      });
      const intercepted = await Promise.race([intercept(call, calls.length - 1), aborted]);
      if (intercepted !== null) return intercepted;
      for (const { names, pattern, listing } of routes) {
        const [, ...values] = pattern.exec(call.url.pathname) ?? [];
        if (!pattern.test(call.url.pathname)) continue;
        const decoded = names.map((name, at) => [name, decodeURIComponent(values[at] ?? "")] as const);
        return answerListing(listing, call, Object.fromEntries(decoded));
      }
      return Response.json({ message: "no such path" }, { status: 404 });
    },
  };
}
