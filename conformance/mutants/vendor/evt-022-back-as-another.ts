import { changeEvent, mutant } from "../mutant.ts";

export default mutant({
  breaks: "EVT-022",
  defect: "a connector that is back has another connector_id",
  behaviour: () => ({
    deliver: changeEvent((event) => {
      if (event.type === "com.convergint.connector.reconnected.v1")
        event.data.connector_id = `again-${event.id}`;
    }),
  }),
});
