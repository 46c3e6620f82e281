import { setTimeout as delay } from "node:timers/promises";
import { absentCode, ConstellationError } from "../../contract/index.ts";
import type { RemoteMachine } from "./machines.ts";

/** A machine that says nothing for so long is waited for beside the next one, milliseconds. */
const headStartMs = 2_000;

/**
 * Several machines as one, for what any of them can do: the one that answered last is asked first, and where it fails or is
 * slow, the next one too.
 */
export function anyOf([first, ...others]: readonly [RemoteMachine, ...RemoteMachine[]]): RemoteMachine {
  if (others.length === 0) return first;
  let order: readonly RemoteMachine[] = [first, ...others];
  const ask = async <T>(attempt: (machine: RemoteMachine) => Promise<T>): Promise<T> => {
    const { machine, answer } = await firstAnswer(order, attempt);
    order = [machine, ...order.filter((one) => one !== machine)];
    return answer;
  };
  const { name } = first;
  return {
    name,
    login: async (signal) => await ask((machine) => machine.login(signal)),
    hostKeys: () => Object.assign({}, ...order.map((machine) => machine.hostKeys())),
    address: { name, dial: async () => await ask(({ address }) => address.dial()) },
    async holdsState() {
      const found = await Promise.allSettled(order.map((machine) => machine.holdsState()));
      if (found.some((one) => one.status === "fulfilled" && one.value)) return true;
      const failed = found.find(({ status }) => status === "rejected");
      if (failed?.status === "rejected") throw failed.reason;
      return false;
    },
    hangUp: () => order.forEach((machine) => void machine.hangUp()),
    leave: () => order.forEach((machine) => void machine.leave()),
  };
}

interface Answer<T> {
  readonly machine: RemoteMachine;
  readonly answer: T;
}

async function firstAnswer<T>(
  machines: readonly RemoteMachine[],
  attempt: (machine: RemoteMachine) => Promise<T>,
): Promise<Answer<T>> {
  const attempts: Promise<Answer<T>>[] = [];
  for (const machine of machines) {
    const one = attempt(machine).then((answer) => ({ machine, answer }));
    attempts.push(one);
    const isAnswered = await Promise.race([
      one.then(isTrue, isFalse),
      delay(headStartMs, false, { ref: false }),
    ]);
    if (isAnswered) return await one;
  }
  return await Promise.any(attempts).catch(({ errors }: AggregateError) => {
    throw worstOf(errors);
  });
}

const isTrue = () => true;
const isFalse = () => false;

/** That no agent is there is the least one can say of a machine: any other trouble goes before it. */
function worstOf(errors: readonly Error[]): Error {
  const present = errors.filter((error) => (error as { code?: unknown }).code !== absentCode);
  const [first, ...rest] = present;
  if (first === undefined) return errors[0] as Error;
  if (!(first instanceof ConstellationError) || rest.length === 0) return first;
  return new ConstellationError(first.code, present.map(({ message }) => message).join("; "), {
    cause: first,
  });
}
