import type { Ruleset } from "./types.ts";

/** nft(8) input that makes the table anew, whatever it holds; one transaction, as every `nft -f` is. */
export function wholeScript(table: string, ruleset: Ruleset): string {
  const nothing: Ruleset = { sets: new Map(), chains: new Map() };
  return [
    `add table inet ${table}`,
    `delete table inet ${table}`,
    `add table inet ${table}`,
    changeScript(table, nothing, ruleset),
  ].join("\n");
}

/**
 * nft(8) input that leads from one content of the table to another and touches nothing they share; empty where they
 * are the same. The order is what references allow: what is new is declared first, then filled, old things go last.
 */
export function changeScript(table: string, from: Ruleset, to: Ruleset): string {
  const chains = changed(from.chains, to.chains);
  const sets = changed(from.sets, to.sets);
  const oldChains = gone(from.chains, to.chains);
  const oldSets = gone(from.sets, to.sets);
  const lines = [
    ...chains.filter(([name]) => !from.chains.has(name)).map(([name, { hook }]) => declareChain(name, hook)),
    ...sets
      .filter(([name]) => !from.sets.has(name))
      .map(([name, { kind, type }]) => `add ${kind} ${at(name)} { type ${type}; }`),
    ...sets.filter(([name]) => from.sets.has(name)).map(([name, { kind }]) => `flush ${kind} ${at(name)}`),
    ...sets.flatMap(([name, { elements }]) =>
      elements.length === 0 ? [] : [`add element ${at(name)} { ${elements.join(", ")} }`],
    ),
    ...chains.filter(([name]) => from.chains.has(name)).map(([name]) => `flush chain ${at(name)}`),
    ...chains.flatMap(([name, { rules }]) => rules.map((rule) => `add rule ${at(name)} ${rule}`)),
    ...oldChains.map(([name]) => `flush chain ${at(name)}`),
    ...oldChains.map(([name]) => `delete chain ${at(name)}`),
    ...oldSets.map(([name, { kind }]) => `delete ${kind} ${at(name)}`),
  ];
  return lines.map((line) => `${line}\n`).join("");

  function at(name: string): string {
    return `inet ${table} ${name}`;
  }
  function declareChain(name: string, hook: string | undefined): string {
    return `add chain ${at(name)}${hook === undefined ? "" : ` { ${hook} }`}`;
  }
}

/** New, or with another content. */
function changed<Part>(from: ReadonlyMap<string, Part>, to: ReadonlyMap<string, Part>): [string, Part][] {
  const isSame = (one: Part | undefined, other: Part) =>
    one === other || JSON.stringify(one) === JSON.stringify(other);
  return [...to].filter(([name, part]) => !isSame(from.get(name), part));
}

function gone<Part>(from: ReadonlyMap<string, Part>, to: ReadonlyMap<string, Part>): [string, Part][] {
  return [...from].filter(([name]) => !to.has(name));
}
