import { mutant } from "../mutant.ts";

export default mutant({
  breaks: "AUTH-004",
  defect: "a token is issued without saying how long it is good for",
  behaviour: () => ({
    answer({ status, body }, { path }) {
      if (path === "/oauth/token" && status === 200) delete body.expires_in;
    },
  }),
});
