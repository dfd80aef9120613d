import { TokenError, verifyConsumerToken } from "@convergint/tokens/verify";
import { type HttpHandler, http } from "msw";
import type { FaultQueue } from "../faults.ts";
import { MockError } from "../mock-error.ts";
import { Refusal, refuseMethod } from "../problem.ts";
import { ListQuery } from "./page-cutter.ts";
import type { SignedTokens } from "./self-description.ts";

/** The parts of a call that a route handler uses. */
interface Call {
  readonly request: Request;
  readonly query: ListQuery;
  /** The id in the path; empty if the path has none. */
  readonly id: string;
}

/** One route. */
export interface Route {
  readonly method: "get" | "post" | "delete" | "all";
  /** Path relative to the cloud's URL; `:id` is an id. */
  readonly path: string;
  /** @throws {Refusal} if it refuses the call */
  readonly answer: (call: Call) => Response | Promise<Response>;
  /** Whether the route needs no credential. */
  readonly open?: boolean;
}

/** Creates the routes that refuse the methods that the paths of the given routes do not support. */
export function refuseOtherMethods(routes: readonly Route[]): Route[] {
  const methods = Map.groupBy(routes, ({ path }) => path);
  return [...methods].map(([path, ofPath]) => ({
    method: "all",
    path,
    open: ofPath.some(({ open }) => open === true),
    answer({ request }) {
      throw refuseMethod(
        request.method,
        ofPath.map(({ method }) => method.toUpperCase()),
      );
    },
  }));
}

/** The shared dependencies of all routes of a cloud. */
export interface RouteOptions {
  readonly url: string;
  readonly apiKey: string;
  readonly signedTokens: SignedTokens | undefined;
  readonly now: () => Date;
  readonly faults: FaultQueue;
}

/**
 * Requires the API key, or a valid signed token if the cloud accepts these. Says what is wrong with a token, which a real
 * vendor would only log.
 */
async function requireCredential(
  { headers }: Request,
  { apiKey, signedTokens, now }: RouteOptions,
): Promise<void> {
  const [, given] = /^Bearer +(\S+)$/i.exec(headers.get("authorization") ?? "") ?? [];
  if (given === apiKey) return;
  if (given === undefined || signedTokens === undefined) {
    const or = signedTokens === undefined ? "" : ", or with a signed token";
    throw new Refusal(
      "unauthorized",
      `Send Authorization: Bearer with the API key that the vendor issued${or}.`,
    );
  }
  try {
    await verifyConsumerToken(given, { ...signedTokens, now: () => now().getTime() });
  } catch (error) {
    if (!(error instanceof TokenError)) throw error;
    const { code, message } = error;
    if (code.startsWith("key_") || code === "invalid_option")
      throw new MockError("invalid_option", `Invalid signedTokens. ${message}`);
    throw new Refusal("unauthorized", `The token is refused (${code}). ${message}`);
  }
}

/** Creates the msw handler of a route: checks faults first, then the credential, then answers. */
export function handlerOf(route: Route, options: RouteOptions): HttpHandler {
  const { url, now, faults } = options;
  const answer = async (request: Request, id: string) => {
    try {
      if (!route.open) await requireCredential(request, options);
      return await route.answer({ request, query: new ListQuery(request.url), id });
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      const response = error.toResponse();
      // A consumer learns the vendor's time from a 401.
      if (response.status === 401) response.headers.set("date", now().toUTCString());
      return response;
    }
  };
  return http[route.method](`${url}${route.path}`, ({ request, params }) => {
    const path = request.url.slice(url.length).split("?", 1)[0] ?? "";
    return faults.meet(path, () => answer(request, String(params["id"] ?? "")));
  });
}
