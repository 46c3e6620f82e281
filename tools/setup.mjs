/**
 * Makes a fresh clone on a fresh machine ready to run, and says what it does on stderr, a line a step.
 * Runs on the system's Node 20 without node_modules, so it and all it imports is plain JavaScript on
 * Node's own modules. Every step looks before it acts: with nothing to do the whole takes a fraction of a second.
 *
 *   node tools/setup.mjs [--with generate|kit|lab|test|bench ...]
 */
import { parseArgs } from "node:util";
import { bundles } from "./setup/bundles.mjs";
import { debianPackages } from "./setup/debian-packages.mjs";
import { guard, registry } from "./setup/go-programs.mjs";
import { etcdTools, generatorTools, historyTools, pulumiTools, wireguardTools } from "./setup/go-tools.mjs";
import { hostTrees } from "./setup/host-trees.mjs";
import { images } from "./setup/images.mjs";
import { npmPackages } from "./setup/npm-packages.mjs";
import { pythonPackages, pythonSdk } from "./setup/python-sdk.mjs";
import { schemathesis } from "./setup/schemathesis.mjs";
import { runSteps } from "./setup/step.mjs";
import { toolLinks } from "./setup/tool-links.mjs";
import { typescriptSdk } from "./setup/typescript-sdk.mjs";

/** Top to bottom; a step may rely on those above it. */
const steps = [
  npmPackages,
  debianPackages,
  etcdTools,
  wireguardTools,
  pulumiTools,
  generatorTools,
  historyTools,
  toolLinks,
  guard,
  registry,
  typescriptSdk,
  bundles,
  images,
  hostTrees,
  pythonPackages,
  pythonSdk,
  schemathesis,
];

const { values } = parseArgs({ options: { with: { type: "string", multiple: true, default: [] } } });
process.exitCode = runSteps(steps, new Set(values.with)) ? 0 : 1;
