import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { type AgentPaths, agentPaths, ConstellationError, connect } from "../contract/index.ts";
import type { Arguments } from "./arguments.ts";
import { hostNameOf, writeHostName } from "./host-name.ts";
import { joinAnswer, parseToken, type Token } from "./hosts/index.ts";
import {
  identityFiles,
  makeKey,
  readPrivate,
  requestCertificate,
  writeCredentials,
  writePrivate,
} from "./identity/index.ts";
import { claimFolders, preflight } from "./install/index.ts";
import { ask, dial } from "./link/index.ts";
import { bringUp } from "./local.ts";
import { readMachineId } from "./machine-id.ts";
import { readMembership, writeMembership } from "./membership.ts";

/**
 * A right to join; sets this server's address first where one is given. The bare token, as `join` reads it, or all
 * there is to know with `--json`.
 */
export async function makeJoinToken({ root, rest, address, json }: Arguments): Promise<unknown> {
  const [name = ""] = rest;
  if (name === "" || hostNameOf(name) !== name)
    throw new ConstellationError(
      "invalid",
      `make a join token: "${name}" is no name for a host; use a DNS label`,
    );
  const client = connect({ socket: agentPaths(root).socket });
  if (address !== undefined) await client.putHost((await client.info()).host, { address });
  const made = await client.createJoinToken({ name });
  return json ? made : [made.token];
}

/** Makes this machine a host of a cluster, and brings its agent up. May be repeated where it was cut short. */
export async function joinCluster(given: Arguments): Promise<unknown> {
  const { root, server, json } = given;
  if (server === undefined) throw new ConstellationError("invalid", "join: name a server: --server ADDRESS");
  const paths = agentPaths(root);
  const known = readMembership(paths.stateDir);
  if (known === undefined) await enter(paths, server, await readToken(given), root);
  await bringUp({ root, json });
  const { name, clusterName } = readMembership(paths.stateDir) ?? { name: "", clusterName: "" };
  return { name, cluster: clusterName, alreadyJoined: known !== undefined };
}

async function readToken({ tokenFile }: Arguments): Promise<Token> {
  const given = tokenFile === undefined ? await text(process.stdin) : readFileSync(tokenFile, "utf8");
  return parseToken(given);
}

async function enter(
  paths: AgentPaths,
  server: string,
  token: Token,
  root: string | undefined,
): Promise<void> {
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
  const dialled = await dial(server, { fingerprint }, AbortSignal.timeout(joinMs));
  try {
    const wish = { id, secret, uid: readMachineId(), csr: await requestCertificate(key, "host") };
    const answer = await ask(dialled.session, "/v1/join", wish, joinAnswer);
    const { clusterId, clusterName, name, certificate, servers } = answer;
    writeCredentials(paths.stateDir, { authority: dialled.authority, certificate, key });
    writeHostName(paths.stateDir, name);
    writeMembership(paths.stateDir, { clusterId, clusterName, name, servers });
  } finally {
    dialled.close();
  }
}

/** All of it, in milliseconds. */
const joinMs = 30_000;

/** On disk before it is used: where the answer is lost, the same key may ask once more. */
function keptKey({ stateDir }: AgentPaths): string {
  const file = join(stateDir, identityFiles.key);
  const kept = readPrivate(file);
  if (kept !== undefined) return kept;
  const key = makeKey();
  writePrivate(file, key);
  return key;
}
