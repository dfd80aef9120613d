import { actAs, isBy, mutant } from "../mutant.ts";

export default mutant({
  breaks: "AUTH-005",
  defect: "a token works for a second, whatever its expires_in says",
  behaviour() {
    const issued = new Map<string, number>();
    return {
      receive(request) {
        for (const [token, at] of issued) {
          if (Date.now() - at > 1000 && isBy(token, request)) actAs("no-token", request);
        }
      },
      answer({ status, body }, { path }) {
        if (path === "/oauth/token" && status === 200) issued.set(body.access_token, Date.now());
      },
    };
  },
});
