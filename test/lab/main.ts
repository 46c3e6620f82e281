import { Command, Option } from "commander";
import { startMachine } from "./index.ts";

const program = new Command("lab")
  .description("Throw-away machines made of namespaces.")
  .enablePositionalOptions();

program
  .command("run")
  .description("Run a command in a new machine, which ends with it.")
  .argument("<command...>")
  .option("--name <name>", "host name of the machine")
  .addOption(
    new Option("--br-netfilter <state>", "whether bridged packets pass nftables").choices(["on", "off"]),
  )
  .option("--cwd <folder>", "working directory (default: here)", process.cwd())
  .passThroughOptions()
  .action(async (command: string[], options: { name?: string; brNetfilter?: string; cwd: string }) => {
    const { name, brNetfilter, cwd } = options;
    await using machine = await startMachine({
      ...(name !== undefined && { name }),
      ...(brNetfilter !== undefined && { brNetfilter: brNetfilter === "on" }),
    });
    const child = await machine.spawn(command, { cwd, env: { LAB_ROOT: machine.root }, stdio: "inherit" });
    process.exitCode = (await child.exited).code;
  });

await program.parseAsync();
