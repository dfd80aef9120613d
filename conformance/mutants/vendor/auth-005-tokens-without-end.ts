import { actAs, isBy, mutant } from "../mutant.ts";

export default mutant({
  breaks: "AUTH-005",
  defect: "a token works on when it has expired",
  behaviour({ apiKey }) {
    const issued = new Set<string>();
    return {
      receive(request) {
        if ([...issued].some((token) => isBy(token, request))) actAs(apiKey, request);
      },
      answer({ status, body }, { path }) {
        if (path === "/oauth/token" && status === 200) issued.add(body.access_token);
      },
    };
  },
});
