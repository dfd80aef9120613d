import { mutant } from "../mutant.ts";

export default mutant({
  breaks: "SEC-001",
  defect: "the list of endpoints shows their secrets",
  behaviour: () => {
    const secrets = new Map<string, string>();
    return {
      answer({ status, body }, { path, method }) {
        if (path !== "/v1/webhook-endpoints") return;
        if (status === 201) secrets.set(body.endpoint_id, body.secret);
        if (status === 200 && method === "GET")
          for (const endpoint of body.data) endpoint.secret = secrets.get(endpoint.endpoint_id);
      },
    };
  },
});
