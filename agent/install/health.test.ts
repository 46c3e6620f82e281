import { expect, test } from "@jest/globals";
import { type Condition, trouble } from "./health.ts";

const fine: Condition = {
  isRoot: true,
  isInstalled: true,
  guard: true,
  agent: true,
  crashes: 0,
  answers: true,
  store: true,
  names: true,
  hasCluster: true,
  unreadable: [],
  stateDir: "/var/lib/constellation",
};

test.each<[string, Partial<Condition>, RegExp | undefined]>([
  ["all is well", {}, undefined],
  ["no cluster needs no names", { hasCluster: false, names: false }, undefined],
  [
    "nothing was started",
    { isInstalled: false, guard: false, agent: false, answers: false, store: false },
    /no agent .* start one: constellation-agent up/,
  ],
  [
    "nothing runs",
    { guard: false, agent: false, answers: false },
    /does not run; start it: constellation-agent up/,
  ],
  ["the guard was killed", { guard: false }, /nobody starts the agent again.*constellation-agent up/],
  ["the agent crashes", { agent: false, answers: false, crashes: 7 }, /ended 7 times.*agent\.log/],
  ["the store does not run", { store: false }, /store does not run.*etcd\.log/],
  [
    "the agent says why",
    { answers: false, refusal: "its files are damaged" },
    /^its files are damaged; .*etcd\.log/,
  ],
  ["the agent hangs", { answers: false }, /does not answer.*agent\.log/],
  ["somebody else asks", { isRoot: false, answers: false }, /only root .*; run this as root/],
  [
    "somebody else has the servers' port",
    { unheard: "listen on 192.0.2.1:7443: another program listens there" },
    /^no other machine reaches this server: listen on 192.0.2.1:7443: another program .*; end what/,
  ],
  [
    "a record is damaged",
    { unreadable: ["desired/default/Service/web"] },
    /desired\/default\/Service\/web cannot be read.*restore a backup.*agent\.log/,
  ],
  ["names are not answered", { names: false }, /name server/],
])("%s", (_, change, said) => {
  const found = trouble({ ...fine, ...change });
  if (said === undefined) expect(found).toBeUndefined();
  else expect(`${found?.problem}; ${found?.fix}`).toMatch(said);
});
