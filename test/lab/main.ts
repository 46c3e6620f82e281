import { Argument, Command, InvalidArgumentError, Option } from "commander";
import { flavourNames } from "./flavours.ts";
import type { Host } from "./host.ts";
import { type Inside, type SpawnOptions, startMachine } from "./index.ts";
import type { LabOptions } from "./lab.ts";
import { sshCommand, type User } from "./ssh.ts";
import { standing, standUp, takeDown } from "./standing.ts";

const program = new Command("lab")
  .description(
    "Throw-away machines made of namespaces: one for a command, or hosts on a switch of their own.",
  )
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
    await follow(machine, command, { cwd, env: { LAB_ROOT: machine.root } });
  });

program
  .command("up")
  .description("Start a lab of hosts, which stays until it is taken down.")
  .addArgument(new Argument("<count>", "how many").argParser(count))
  .addOption(new Option("--flavour <name>", "what a host is made from").choices(flavourNames))
  .option("--behind-nat <count>", "so many of them, the last ones, can only dial out", count)
  .action(async (hosts: number, options: LabOptions) => {
    const lab = await standUp(hosts, options);
    process.stdout.write(`the lab's key: ${lab.keyFile}\n`);
    for (const host of lab.hosts) tell(host);
  });

program
  .command("down")
  .description("Remove the lab and every trace of it.")
  .action(async () => await takeDown());

program
  .command("hosts")
  .description("List the hosts.")
  .action(() => standing().hosts.forEach(tell));

program
  .command("exec")
  .description("Run a command at the lab's own end of the switch, from where hosts are reached.")
  .argument("<command...>")
  .passThroughOptions()
  .action(async (command: string[]) => {
    // As it would run here: `eval "$(npm run -s env)"` has said where programs and stacks are.
    const env = { ...process.env } as Record<string, string>;
    await follow(standing().machine, command, { cwd: process.cwd(), env });
  });

onHost("ssh", "Run a command on a host by SSH, or a shell.")
  .argument("[command...]")
  .addOption(new Option("--user <name>", "who logs in").choices(["root", "admin", "guest"]).default("root"))
  .passThroughOptions()
  .action(async (number: number, command: string[], { user }: { user: User }) => {
    const lab = standing();
    const { address } = lab.host(number);
    await follow(lab.machine, sshCommand(lab.machine, address, user, command), { cwd: process.cwd() });
  });

onHost("kill", "The power of a host fails; its disk stays.").action(
  async (number: number) => await standing().host(number).kill(),
);

onHost("reboot", "Start a host again from its disk.").action(
  async (number: number) => await standing().host(number).reboot(),
);

onHost("cut", "Lose all packets between a host and others, or everybody.")
  .addArgument(others())
  .option("--one-way", "only those that it sends")
  .action(async (number: number, peers: number[], { oneWay }: { oneWay?: boolean }) => {
    const lab = standing();
    const host = lab.host(number);
    const parted = peers.map((peer) => lab.host(peer));
    await (oneWay ? host.oneWay(...parted) : host.cut(...parted));
  });

program
  .command("heal")
  .description("End the cuts that a host has a part in, or all.")
  .addArgument(new Argument("[host]", "its number").argParser(count))
  .action(async (number: number | undefined) => {
    const lab = standing();
    await (number === undefined ? lab : lab.host(number)).heal();
  });

await program.parseAsync().catch((error: Error) => program.error(error.message));

function onHost(name: string, description: string): Command {
  return program
    .command(name)
    .description(description)
    .addArgument(new Argument("<host>", "its number").argParser(count));
}

function others(): Argument {
  const collect = (word: string, before: number[]) => [...before, count(word)];
  return new Argument("[peers...]", "numbers of hosts").argParser(collect).default([]);
}

function count(word: string): number {
  if (!/^[1-9]\d{0,2}$/.test(word)) throw new InvalidArgumentError("a number from 1 to 200 is needed");
  return Number(word);
}

function tell(host: Host): void {
  const { hostname, address, flavour } = host;
  process.stdout.write(`${hostname}  ${address}  ${flavour}  ${host.isOn() ? "on" : "off"}\n`);
}

async function follow(machine: Inside, command: readonly string[], options: SpawnOptions): Promise<void> {
  const child = await machine.spawn(command, { ...options, stdio: "inherit" });
  process.exitCode = (await child.exited).code;
}
