import { mutant } from "../mutant.ts";

export default mutant({
  breaks: "EVT-025",
  defect: "who asks for more than is kept gets what is left",
  behaviour: () => ({
    receive({ path, query }) {
      if (path === "/v1/events" && (query["after"] ?? "") < "2020") delete query["after"];
    },
  }),
});
