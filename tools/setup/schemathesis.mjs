import { existsSync, mkdirSync, renameSync, rmSync, symlinkSync } from "node:fs";
import { dirname } from "node:path";
import { fingerprint } from "../lib/hash.mjs";
import { schemathesisPython } from "../lib/places.mjs";
import { isStamped, stamp } from "../lib/stamp.mjs";
import { environmentFolder, makeEnvironment } from "./python-environment.mjs";

const requirements = "tools/setup/schemathesis-requirements.txt";
const sources = () => fingerprint([requirements], [process.arch]);

/** The fuzzer of the agent's API. @type {import("./step.mjs").Step} */
export const schemathesis = {
  name: "schemathesis",
  only: ["test"],
  missing: () =>
    existsSync(schemathesisPython) && isStamped("schemathesis", sources())
      ? undefined
      : `installing what ${requirements} names`,
  make: () => {
    makeEnvironment(requirements);
    const link = dirname(dirname(schemathesisPython));
    mkdirSync(dirname(link), { recursive: true });
    const draft = `${link}.${process.pid}`;
    rmSync(draft, { force: true });
    symlinkSync(environmentFolder(requirements), draft);
    renameSync(draft, link);
    stamp("schemathesis", sources());
  },
};
