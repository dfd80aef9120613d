import { actAs, isBy, mutant } from "../mutant.ts";

export default mutant({
  breaks: "AUTH-005",
  defect: "a new token ends the one that the client had before",
  behaviour() {
    const issued: string[] = [];
    return {
      receive(request) {
        if (issued.slice(0, -1).some((token) => isBy(token, request))) actAs("no-token", request);
      },
      answer({ status, body }, { path }) {
        if (path === "/oauth/token" && status === 200) issued.push(body.access_token);
      },
    };
  },
});
