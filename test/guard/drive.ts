// Calls one function of agent/install inside a machine. usage: node drive.ts FUNCTION OPTIONS_AS_JSON
import { down, preflight, status, traces, up } from "../../agent/install/index.ts";
import { ConstellationError } from "../../contract/index.ts";

const functions = { up, down, status, traces, preflight };
const [name, options = "{}"] = process.argv.slice(2);

try {
  const result = await functions[name as keyof typeof functions](JSON.parse(options));
  process.stdout.write(JSON.stringify(result));
} catch (error) {
  if (!(error instanceof ConstellationError)) throw error;
  const { code, message, violations } = error;
  process.stdout.write(JSON.stringify({ error: { code, message, violations } }));
}
