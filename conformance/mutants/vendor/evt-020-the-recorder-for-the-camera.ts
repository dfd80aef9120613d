import { changeEvent, mutant } from "../mutant.ts";

export default mutant({
  breaks: "EVT-020",
  defect: "a video event names the recorder as its device",
  behaviour: () => ({
    deliver: changeEvent((event) => {
      if (event.type.startsWith("com.convergint.video.")) {
        event.data.device_id = "recorder-1";
        event.subject = "recorder-1";
      }
    }),
  }),
});
