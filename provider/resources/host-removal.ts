import { type Client, ConstellationError, drainHost, durationMs, type Member } from "../../contract/index.ts";
import { examine } from "../bootstrap/index.ts";
import type { Call, Connection, Stored } from "../engine/index.ts";
import { forgivable, type OnDelete } from "./host-letting-go.ts";
import { type HostMachine, isAnothers, isFinished } from "./host-machine.ts";

/** A delete goes by what was recorded last. */
const forceFirst = "run pulumi up once with onDelete.force set on the host, then delete it";

export interface RemovalPorts {
  readonly machine: HostMachine;
  /** undefined: the cluster is gone. Throws `unreachable` where it does not answer. */
  connect(): Promise<Connection | undefined>;
}

/**
 * Moves everything off the host, has it leave, and removes what was brought. Nothing is touched before it is known that both
 * ends can be reached, or need not be.
 */
export async function removeHost(old: Stored, call: Call, { machine, connect }: RemovalPorts): Promise<void> {
  const { drain, timeout, force } = old.inputs.value.onDelete as OnDelete;
  const forgiving = <T>(work: Promise<T>, advice: string) => work.catch(unlessForced<T>(force, advice, call));
  const there = await forgiving(
    whatIsThere(old, machine, call),
    `where the machine is gone for good or was installed anew, ${forceFirst}`,
  );
  const connection = await forgiving(connect(), `where the cluster is gone for good, ${forceFirst}`);
  const found = await connection?.client.getHost(old.id);
  const isNotOurs = found !== undefined && isAnothers(old, found, call.urn);
  const member = isNotOurs ? undefined : found;
  if (connection && member && drain && member.state !== "lost")
    await forgiving(drained(connection.client, member, durationMs(timeout) ?? 0, call), `or ${forceFirst}`);
  if (there === "ours") await machine.clear(call);
  if (there === "another's")
    call.warn(`${machine.name}: its agent is none of this host's any more, and stays`);
  if (!isNotOurs) await connection?.client.deleteHost(old.id, { force: true }).catch(unlessGone);
}

/** Whose agent is on the machine; undefined: nothing is. */
async function whatIsThere(
  old: Stored,
  machine: HostMachine,
  call: Call,
): Promise<"ours" | "another's" | undefined> {
  const { id, outputs } = old;
  const { facts } = await examine(machine.asking(call));
  const { membership, hasStore, hasState, installed } = facts;
  if (membership !== undefined)
    return membership.clusterId === outputs.clusterId && membership.name === id ? "ours" : "another's";
  if (hasStore) return "another's";
  // Of one that was cut short there may be a part of the programs alone.
  return hasState || installed !== undefined || !isFinished(old) ? "ours" : undefined;
}

/** A host that could not be drained goes on as it was. */
async function drained(
  client: Client,
  { name, availability }: Member,
  timeoutMs: number,
  { signal, progress }: Call,
): Promise<void> {
  try {
    const onProgress = (message: string) => progress(`draining: ${message}`);
    await drainHost(client, name, { timeoutMs, signal, onProgress });
  } catch (error) {
    await client.putHost(name, { availability }).catch(() => undefined); // the drain's own failure says more
    throw error;
  }
}

function unlessForced<T>(force: boolean, advice: string, call: Call) {
  return (error: unknown): T | undefined => {
    if (!(error instanceof ConstellationError) || !forgivable.includes(error.code)) throw error;
    if (!force) throw new ConstellationError(error.code, `${error.message}; ${advice}`, { cause: error });
    call.warn(`${error.message}: going on without it`);
    return undefined;
  };
}

function unlessGone(error: unknown): void {
  if (!(error instanceof ConstellationError) || error.code !== "not-found") throw error;
}
