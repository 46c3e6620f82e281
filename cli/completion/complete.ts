import type { CommandSpec, NameKind, OptionSpec, Session, StartOptions } from "../session/index.ts";
import { candidatesOf, hostCandidates, matching } from "./names.ts";
import { type Candidate, type Plan, planCompletion } from "./plan.ts";

/** A shell waits for this: rather no names than late ones, milliseconds. */
const askMs = 1_000;

export interface Completing {
  readonly commands: readonly CommandSpec[];
  readonly globalOptions: readonly OptionSpec[];
  readonly start: (options: StartOptions) => Session;
}

/** Lines `value TAB doc` for the last word, or `:folders` or `:files` where the shell knows better. Never fails. */
export async function complete(
  words: readonly string[],
  { commands, globalOptions, start }: Completing,
): Promise<string[]> {
  const plan = planCompletion(words, commands, globalOptions);
  if (plan.kind === "folders" || plan.kind === "files") return [`:${plan.kind}`];
  if (plan.kind === "nothing") return [];
  const typed = words.at(-1) ?? "";
  const candidates = plan.kind === "fixed" ? plan.candidates : await askedFor(plan, start, typed);
  return matching(candidates, typed).map(({ value, doc }) => `${value}\t${doc}`);
}

async function askedFor(
  { of, given }: Extract<Plan, { kind: "names" }>,
  start: Completing["start"],
  typed: string,
): Promise<Candidate[]> {
  const session = start({ ...given, isUnattended: true });
  try {
    return await named(of, session, typed);
  } catch {
    return []; // No names are better than a shell with a failure in it.
  } finally {
    session.close();
  }
}

async function named(of: NameKind, session: Session, typed: string): Promise<Candidate[]> {
  if (of === "context") return await contextCandidates(session.env);
  const { connect, resources } = await import("../../contract/index.ts");
  const kinds = Object.values(resources).filter(({ namespaced }) => namespaced);
  if (of === "kind") return kinds.map(({ kind, doc }) => ({ value: kind.toLowerCase(), doc }));
  const agent = connect(await session.address(), { connectTimeoutMs: 0, timeoutMs: askMs });
  if (of === "host") return hostCandidates(await agent.listHosts());
  const [instances, ...documents] = await Promise.all([
    of === "service" ? [] : agent.listInstances(),
    ...(of === "instance" ? [] : kinds.map(({ plural }) => agent.listDocuments(plural))),
  ]);
  return candidatesOf(of, { instances, documents: documents.flat() }, session.namespace, typed);
}

async function contextCandidates(env: NodeJS.ProcessEnv): Promise<Candidate[]> {
  const { contextsFile, listContexts, readBook } = await import("../contexts/index.ts");
  return listContexts(readBook(contextsFile(env))).map(({ name, connect }) => ({
    value: name,
    doc: connect ?? "this machine",
  }));
}
