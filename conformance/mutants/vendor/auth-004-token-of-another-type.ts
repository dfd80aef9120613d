import { mutant } from "../mutant.ts";

export default mutant({
  breaks: "AUTH-004",
  defect: "the token's type is said to be JWT",
  behaviour: () => ({
    answer({ status, body }, { path }) {
      if (path === "/oauth/token" && status === 200) body.token_type = "JWT";
    },
  }),
});
