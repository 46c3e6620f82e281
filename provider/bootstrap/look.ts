import { ConstellationError } from "../../contract/index.ts";
import { type Examined, examine } from "./examine.ts";
import { type JoiningWish, judgeJoining } from "./judge-joining.ts";
import { refuse } from "./refuse.ts";
import type { Bootstrap } from "./types.ts";

/** What a look needs of a bootstrap, and whom it tells. */
export interface Look extends Omit<Bootstrap, "hostName" | "join">, JoiningWish {
  info(message: string): void;
}

/**
 * A preview's look at a machine, which changes nothing there: throws what the bootstrap would stop at.
 * @returns undefined where it cannot be looked at now, and that was said.
 */
export async function lookAhead(look: Look): Promise<Examined | undefined> {
  const { machine, kits, warn, info } = look;
  try {
    const examined = await examine(look);
    refuse(machine.name, [...examined.findings, ...judgeJoining(examined.facts, look)]);
    await kits.require(machine.name, examined.facts.machine);
    if (!examined.facts.isAgentRunning) info(`an agent is to be brought to ${machine.name} and started`);
    return examined;
  } catch (error) {
    if (!(error instanceof ConstellationError) || error.code !== "unreachable") throw error;
    warn(`${error.message}: checked the program alone, not the machine`);
    return undefined;
  }
}
