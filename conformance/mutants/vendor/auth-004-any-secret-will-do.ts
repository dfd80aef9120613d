import { mutant } from "../mutant.ts";

export default mutant({
  breaks: "AUTH-004",
  defect: "tokens are issued for any client and secret",
  behaviour() {
    let good: unknown;
    return {
      receive({ path, headers }) {
        if (path === "/oauth/token" && good !== undefined) headers["authorization"] = good;
      },
      answer({ status }, { path, headers }) {
        if (path === "/oauth/token" && status === 200) good ??= headers["authorization"];
      },
    };
  },
});
