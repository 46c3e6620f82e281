/**
 * How long `pulumi up` takes for a program of many services: the first one, and one that finds nothing to change. Beside
 * a provider of the same name and schema that does nothing: what is left is the engine's own time.
 * Invariant: same engine, language host, program, backend and machine; only the provider differs.
 */
import { join } from "node:path";
import { addStack, type Stack } from "../../test/e2e/stack.ts";
import { startBenchMachine } from "../machine.ts";
import { type Benchmark, type Knob, runsKnob } from "../types.ts";
import { buildEmptyProvider } from "./empty-provider.ts";
import { programOf } from "./program.ts";
import { reportUps } from "./report.ts";
import { type Contender, contenders, type Phase, type Sample } from "./types.ts";

type UpKnobs = { readonly runs: Knob; readonly services: Knob };

export const up: Benchmark<UpKnobs> = {
  name: "up",
  summary: "`pulumi up` of many services, first and without a change; beside a provider that does nothing",
  knobs: { runs: runsKnob(7), services: { about: "how many services the program has", usual: 100 } },
  async run({ knobs: { runs, services }, onProgress }) {
    await using machine = await startBenchMachine("up");
    onProgress("building the empty provider");
    const empty = await buildEmptyProvider(join(machine.root, "empty"));
    const stacks: Record<Contender, Stack> = {
      constellation: await addStack(machine, "ours"),
      "empty-provider": await addStack(machine, "empty-stack", { providerFolder: empty }),
    };
    const samples: Sample[] = [];
    const measure = async (contender: Contender, phase: Phase) => {
      const started = performance.now();
      await stacks[contender].up();
      const seconds = (performance.now() - started) / 1_000;
      samples.push({ contender, phase, seconds });
      onProgress(`${phase} up, ${contender}: ${seconds.toFixed(2)} s`);
    };
    for (const contender of contenders) {
      await stacks[contender].write(programOf(services));
      await measure(contender, "first");
    }
    for (let run = 0; run < runs; run++) {
      for (const contender of run % 2 === 0 ? contenders : contenders.toReversed())
        await measure(contender, "noop");
    }
    return reportUps(samples, services);
  },
};
