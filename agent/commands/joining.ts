import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as delay } from "node:timers/promises";
import {
  type AgentPaths,
  agentPaths,
  ConstellationError,
  connect,
  errorTable,
} from "../../contract/index.ts";
import { localRanges } from "../host.ts";
import { hostNameOf, writeHostName } from "../host-name.ts";
import { type JoinAnswer, joinAnswer, parseToken, type Token } from "../hosts/index.ts";
import { identityFiles, makeKey, requestCertificate, writeCredentials } from "../identity/index.ts";
import { claimFolders, preflight } from "../install/index.ts";
import { readPrivate, writePrivate } from "../lib/private-file.ts";
import { ask, dial } from "../link/index.ts";
import { readMachineId } from "../machine-id.ts";
import { membershipRecord } from "../membership.ts";
import { peeringRecord } from "../servers/index.ts";
import type { Arguments } from "./arguments.ts";
import { bringUp } from "./local.ts";

/**
 * A right to join; sets this server's address first where one is given. The bare token, as `join` reads it, or all
 * there is to know with `--json`.
 */
export async function makeJoinToken(given: Arguments): Promise<unknown> {
  const { root, rest, address, json, role = "host" } = given;
  const [name = ""] = rest;
  if (name === "" || hostNameOf(name) !== name)
    throw new ConstellationError(
      "invalid",
      `make a join token: "${name}" is no name for a host; use a DNS label`,
    );
  if (role !== "host" && role !== "server")
    throw new ConstellationError("invalid", `make a join token: --role is host or server, not ${role}`);
  const client = connect({ socket: agentPaths(root).socket });
  if (address !== undefined) await client.putHost((await client.info()).host, { address });
  const made = await client.createJoinToken({ name, role });
  return json ? made : [made.token];
}

/** Makes this machine a host of a cluster, or one more server, and brings its agent up. May be repeated where it was cut short. */
export async function joinCluster(given: Arguments): Promise<unknown> {
  const { root, server, json } = given;
  if (server === undefined) throw new ConstellationError("invalid", "join: name a server: --server ADDRESS");
  const { stateDir } = agentPaths(root);
  const known = joinedAs(stateDir);
  if (known === undefined) await enter(given, server, await readToken(given));
  await bringUp({ root, json });
  return { ...(known ?? joinedAs(stateDir)), alreadyJoined: known !== undefined };
}

/** What this machine is to the cluster that it joined. */
function joinedAs(stateDir: string) {
  const [host, server] = [membershipRecord.read(stateDir), peeringRecord.read(stateDir)];
  if (host) return { name: host.name, role: "host", cluster: host.clusterName };
  return server && { name: server.name, role: "server", cluster: server.clusterName };
}

async function readToken({ tokenFile }: Arguments): Promise<Token> {
  const given = tokenFile === undefined ? await text(process.stdin) : readFileSync(tokenFile, "utf8");
  return parseToken(given);
}

async function enter({ root, address }: Arguments, server: string, token: Token): Promise<void> {
  const paths = agentPaths(root);
  if (existsSync(join(paths.stateDir, "etcd")))
    throw new ConstellationError(
      "taken",
      `join: the agent of ${paths.stateDir} keeps a cluster of its own; take it down first: constellation-agent down`,
    );
  const refusals = (await preflight(root === undefined ? {} : { root })).filter(
    ({ severity }) => severity === "refusal",
  );
  if (refusals.length > 0) {
    const lines = refusals.map(({ problem, fix }) => `\n  - ${problem}; ${fix}`);
    throw new ConstellationError("host-unfit", `join: this machine cannot be a host:${lines.join("")}`);
  }
  claimFolders(paths);
  const key = keptKey(paths);
  const { id, secret, fingerprint } = token;
  const dialled = await patiently(dialMs, () => dial(server, { fingerprint }, AbortSignal.timeout(joinMs)));
  try {
    const { authority, localAddress } = dialled;
    const networks = localRanges(paths.devicePrefix);
    const own = { uid: readMachineId(paths.stateDir), address: address ?? localAddress, networks };
    const wish = { id, secret, ...own, csr: await requestCertificate(key, "host") };
    const answer = await patiently(takenMs, () => ask(dialled.session, "/v1/join", wish, joinAnswer));
    writeCredentials(paths.stateDir, { authority, certificate: answer.certificate, key });
    writeHostName(paths.stateDir, answer.name);
    settle(paths, answer);
  } finally {
    dialled.close();
  }
}

/** The last file makes it what it joined as. */
function settle({ stateDir }: AgentPaths, answer: JoinAnswer): void {
  const { clusterId, clusterName, name, servers, server } = answer;
  if (server === undefined) {
    membershipRecord.write(stateDir, { clusterId, clusterName, name, servers });
    return;
  }
  const { address, joins, secretsKey, authorityKey } = server;
  writePrivate(join(stateDir, "secrets.key"), Buffer.from(secretsKey, "base64"));
  writePrivate(join(stateDir, identityFiles.authorityKey), authorityKey);
  peeringRecord.write(stateDir, { clusterId, clusterName, name, address, joins });
}

/** Again and again while it may yet come about. */
async function patiently<T>(forMs: number, attempt: () => Promise<T>): Promise<T> {
  for (const deadline = performance.now() + forMs; ; await delay(pauseMs)) {
    try {
      return await attempt();
    } catch (error) {
      const isPassing = error instanceof ConstellationError && errorTable[error.code].retryable;
      if (!isPassing || performance.now() > deadline) throw error;
    }
  }
}

/** In milliseconds. */
const joinMs = 30_000;
/** A server that was given its address with this very token is about to listen. */
const dialMs = 5_000;
/** The servers take one more only after the one before has been with them for some seconds. */
const takenMs = 20_000;
const pauseMs = 250;

/** On disk before it is used: where the answer is lost, the same key may ask once more. */
function keptKey({ stateDir }: AgentPaths): string {
  const file = join(stateDir, identityFiles.key);
  const kept = readPrivate(file);
  if (kept !== undefined) return kept;
  const key = makeKey();
  writePrivate(file, key);
  return key;
}
