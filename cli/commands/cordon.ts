import type { Action } from "../session/index.ts";

/** Whether a host takes instances; what is on it stays. `--json`: the API's answer, a `Member`. */
const setAvailability =
  (availability: "active" | "cordoned", outcome: string): Action =>
  async ({ session, args: [name = ""] }) => {
    const member = await (await session.agent()).putHost(name, { availability });
    if (session.isJson) await session.output.json(member);
    else await session.output.lines([`${name} ${outcome}`]);
    return 0;
  };

export const cordon = setAvailability("cordoned", "takes no new instances; what is on it stays");
export const uncordon = setAvailability("active", "takes instances again");
