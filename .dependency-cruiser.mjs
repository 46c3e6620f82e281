/**
 * Who may import whom. Type imports count like any other: a type that crosses a wall is a wall with a hole.
 * Unit tests may use what test/ offers; code that ships may not (product-without-tests).
 * `comment` is printed with every violation, so it says why the rule exists and what to do instead.
 */
const packages = "^(agent|bench|cli|contract|convert|provider|test|tools)/";
/**
 * @typedef {import("dependency-cruiser").IRegularForbiddenRuleType} Rule
 * @param {string} name
 * @param {Rule["from"]} from
 * @param {Rule["to"]} to
 * @param {string} comment
 * @returns {Rule}
 */
const rule = (name, from, to, comment) => ({ name, severity: "error", comment, from, to });

export default {
  forbidden: [
    rule(
      "no-cycle",
      {},
      { circular: true },
      "files that need each other can be neither understood nor tested apart; move what both need into a third one",
    ),
    rule(
      "contract-imports-none",
      { path: "^contract/" },
      { path: packages, pathNot: "^(contract|test)/" },
      "contract is what all sides agree on; if it knew one of them, every other side would depend on that one too",
    ),
    rule(
      "contract-through-index",
      { path: "^(agent|cli|convert|provider)/" },
      { path: "^contract/", pathNot: ["^contract/index\\.ts$", "^contract/[^/]+/index\\.ts$"] },
      "contract/index.ts (and the index.ts of a folder of it) lists what others may rely on; export the name there",
    ),
    rule(
      "agent-stands-alone",
      { path: "^agent/" },
      { path: packages, pathNot: "^(agent|contract|test)/" },
      "the daemon runs on hosts that hold nothing of the engine side; what both need belongs in contract",
    ),
    rule(
      "provider-stands-alone",
      { path: "^provider/" },
      { path: packages, pathNot: "^(provider|contract|convert|test)/" },
      "the provider talks to the agent over its API, so that either can be upgraded alone; use the client in contract",
    ),
    rule(
      "cli-is-a-client",
      { path: "^cli/" },
      { path: packages, pathNot: "^(cli|contract|convert|test)/" },
      "the command sees the cluster as any API client does; use the client in contract",
    ),
    rule(
      "convert-is-pure",
      { path: "^convert/" },
      { path: packages, pathNot: "^(convert|contract|test)/" },
      "conversion maps text to the model and nothing else, so that provider and cli can share it",
    ),
    rule(
      "adapters-only-in-main",
      { path: "^agent/", pathNot: "^agent/((own-servers|run|commands/(machine|unpack))\\.ts$|adapters/)" },
      { path: "^agent/adapters/" },
      "a feature declares the port it needs in its types.ts and agent/run.ts or agent/own-servers.ts passes the adapter in; types too",
    ),
    rule(
      "folder-through-index",
      { path: "^(agent|cli|convert|provider)/([^/]+)" },
      {
        path: "^(agent|cli|convert|provider)/[^/]+/.+",
        pathNot: ["^$1/$2/", "^[^/]+/(adapters|lib)/", "^[^/]+/[^/]+/index\\.ts$"],
      },
      "a folder's index.ts says what it offers; the files behind it may change at any time (a lib/ has no index: one idea a file)",
    ),
    rule(
      "adapter-through-index",
      { path: "^agent/(?:adapters/)?([^/]+)" },
      {
        path: "^agent/adapters/[^/]+/.+",
        pathNot: ["^agent/adapters/$1/", "^agent/adapters/[^/]+/index\\.ts$"],
      },
      "an adapter's index.ts says what it offers; the files behind it may change at any time",
    ),
    rule(
      "product-without-tests",
      { path: "^(agent|cli|contract|convert|provider)/", pathNot: "\\.test\\.ts$" },
      { path: ["^(bench|test|tools)/", "\\.test\\.ts$"] },
      "what ships must run without what tests and builds it",
    ),
    rule(
      "programs-use-the-sdk",
      { path: "^(stacks|examples)/" },
      { path: packages },
      "an example must run in anybody's folder; import @constellation/pulumi, the generated SDK",
    ),
    rule(
      "resolvable",
      {},
      { couldNotResolve: true },
      "the import leads nowhere; relative imports carry the .ts extension",
    ),
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    doNotFollow: { path: ["node_modules", "^sdk/"] },
    exclude: { path: ["^dist/", "^sdk/nodejs/bin/"] },
  },
};
