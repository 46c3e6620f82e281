import { readFileSync } from "node:fs";
import { builtKits } from "./bootstrap/index.ts";
import { createConnections, createLocalImages } from "./engine/index.ts";
import { createMachines } from "./machines/index.ts";
import { createEngineLog, newRun, type Provider, serve } from "./pulumi/index.ts";
import { agentProgram, createOperations } from "./resources/index.ts";

/** How often the provider looks whether its engine is still there, milliseconds. */
const parentPollMs = 1_000;

const schemaFile = new URL("schema.json", import.meta.url);
const agentFile = new URL(
  import.meta.url.endsWith(".js") ? "../bin/constellation-agent" : "../dist/bin/constellation-agent",
  import.meta.url,
);

const version = "0.1.0";
const log = createEngineLog();
const machines = createMachines(process.env.SSH_AUTH_SOCK);
const connections = createConnections(() => provider.config, process.env, machines);
// The engine starts a plugin in the folder of the user's program.
const images = createLocalImages(process.cwd());
const agent = agentProgram(process.env.CONSTELLATION_AGENT ?? agentFile.pathname);
const provider: Provider = {
  version,
  schema: () => readFileSync(schemaFile, "utf8"),
  operations: createOperations({
    ...{ connections, images, agent, version, environment: process.env },
    remote: { machines, kits: builtKits() },
  }),
  connections,
  log,
  run: newRun(),
  config: { namespace: "default" },
};

// The first argument is the engine's address; the first line on stdout is ours (Pulumi's plugin convention).
const engineAddress = process.argv.slice(2).find((argument) => /^[^-].*:\d+$/.test(argument));
if (engineAddress !== undefined) log.connect(engineAddress);
process.stdout.write(`${await serve(provider)}\n`);

// An engine that was killed leaves its plugins behind: end with it.
const parent = process.ppid;
setInterval(() => {
  if (engineAddress !== undefined && process.ppid !== parent) process.exit(0);
}, parentPollMs).unref();
