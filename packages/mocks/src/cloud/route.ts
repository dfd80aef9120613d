import { type HttpHandler, http } from "msw";
import type { FaultQueue } from "../faults.ts";
import { problemResponse, Refusal } from "../problem.ts";
import { ListQuery } from "./list-query.ts";

/** A call, as far as an answer to it has to know. */
export interface Call {
  readonly request: Request;
  readonly query: ListQuery;
  /** The id in the path; empty where the path has none. */
  readonly id: string;
}

/** What is served at a path. */
export interface Route {
  readonly method: "get" | "post" | "delete" | "all";
  /** Below the cloud's URL; `:id` stands for an id. */
  readonly path: string;
  /** @throws {Refusal} what it refuses */
  readonly answer: (call: Call) => Response | Promise<Response>;
  /** Answers callers without a credential too. */
  readonly open?: boolean;
}

/** What all routes of one cloud have in common. */
export interface RouteOptions {
  readonly url: string;
  readonly apiKey: string;
  readonly faults: FaultQueue;
}

function requireCredential({ headers }: Request, apiKey: string): void {
  const [, given] = /^Bearer +(\S+)$/i.exec(headers.get("authorization") ?? "") ?? [];
  if (given !== apiKey)
    throw new Refusal("unauthorized", "Send Authorization: Bearer with the API key that the vendor issued.");
}

/** Makes the msw handler of a route: faults first, then the credential, then the answer. */
export function handlerOf(route: Route, { url, apiKey, faults }: RouteOptions): HttpHandler {
  const answer = async (request: Request, id: string) => {
    try {
      if (!route.open) requireCredential(request, apiKey);
      return await route.answer({ request, query: new ListQuery(request.url), id });
    } catch (error) {
      if (error instanceof Refusal) return problemResponse(error.toProblem());
      throw error;
    }
  };
  return http[route.method](`${url}${route.path}`, ({ request, params }) => {
    const path = request.url.slice(url.length).split("?", 1)[0] ?? "";
    return faults.meet(path, () => answer(request, String(params["id"] ?? "")));
  });
}
