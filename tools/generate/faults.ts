import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** One fault that a test brings about, in the words of the test's title. */
export interface Fault {
  readonly fault: string;
  /** What is true throughout, or again after the bound. */
  readonly holds: string;
  /** `within 10 s`, `with the next up`, `at once`: asserted by the test. */
  readonly bound: string;
}

/** In here every test is about a fault, so a title that says less is a mistake. */
const home = "test/faults/";
const grammar = 'name it "FAULT: WHAT HOLDS; within BOUND", or "...; at once"';

const intro = `# Faults

What a Constellation machine goes through, what holds meanwhile, and when all is well again. Every row is the title of a
test, which brings the fault about on a throw-away machine with the real agent, store and container runtime, looks at the
machine's own processes, mounts, devices and rules, and fails when the bound is passed. The bounds are generous: they hold
on a slow machine with other work beside.

Three things hold in every row, and are looked at in most: what was acknowledged is there; what should run runs, once;
what should not, does not.

This page is generated from the tests. To add a row, name a test \`FAULT: WHAT HOLDS; within BOUND\` (or \`; at once\`)
anywhere below \`test/\`, and run \`npm run generate\`.
`;

/** The page of all faults that tests below `root`/test bring about. */
export function faultsPage(root: string): string {
  const files = readdirSync(join(root, "test"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".test.ts"))
    .map((name) => `test/${name}`)
    .sort();
  const sections = files.flatMap((file) => {
    const source = readFileSync(join(root, file), "utf8");
    const faults = faultsOf(file, source);
    return faults.length === 0 ? [] : [sectionOf(file, faults, sizesOf(source))];
  });
  return [intro, ...sections].join("\n");
}

/** The faults in a test file's source. Throws where a test of test/faults names none. */
export function faultsOf(file: string, source: string): Fault[] {
  const titles = [...source.matchAll(/(?<![.\w])test\(\s*(["'`])((?:\\.|(?!\1)[^\\])*)\1/g)].map(
    ([, , title = ""]) => title,
  );
  const tests = source.match(/^\s*(?:test|it)\b/gm)?.length ?? 0;
  if (file.startsWith(home) && titles.length !== tests)
    throw new Error(`${file}: write every title as one plain text; ${grammar}`);
  return titles.flatMap((title) => {
    const parts = /^(?<fault>.+?): (?<holds>.+); (?<bound>(?:within|with the|at once).*)$/.exec(
      title,
    )?.groups;
    if (parts === undefined && file.startsWith(home))
      throw new Error(`${file}: "${title}" does not say it all; ${grammar}`);
    return parts === undefined ? [] : [parts as unknown as Fault];
  });
}

/** `3 and 5 hosts`, where all tests of a file are run on clusters of several sizes. */
export function sizesOf(source: string): string | undefined {
  const groups = [...source.matchAll(/^describe\.each\(\[([\d, ]+)\]\)\("on (%i [^"]+)"/gm)];
  const [, numbers = "", title = ""] = groups[0] ?? [];
  return groups.length === 0 ? undefined : title.replace("%i", numbers.replace(/, /g, " and "));
}

function sectionOf(file: string, faults: readonly Fault[], sizes: string | undefined): string {
  const rows = faults.map(({ fault, holds, bound }) => `| ${fault} | ${holds} | ${bound} |`);
  const head = ["| fault | what holds | recovered |", "| --- | --- | --- |"];
  const each = sizes === undefined ? "" : `Each on ${sizes}.\n\n`;
  return `## [${file}](../${file})\n\n${each}${[...head, ...rows].join("\n")}\n`;
}
