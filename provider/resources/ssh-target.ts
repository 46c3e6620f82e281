import type { SshLogin } from "../../contract/index.ts";
import type { Login, Target } from "../ssh/index.ts";

/** A login as programs write it. A jump host without credentials of its own takes the machine's. */
export function targetOf({ jump, ...login }: SshLogin): Target {
  const own = present(login) as unknown as Login;
  if (jump === undefined) return own;
  const { privateKey, privateKeyPassphrase, password, agent } = login;
  const inherited = present({ privateKey, privateKeyPassphrase, password, agent });
  const hops = jump.map((hop) => {
    const hasOwn = hop.privateKey !== undefined || hop.password !== undefined || hop.agent !== undefined;
    return { ...(hasOwn ? {} : inherited), ...present(hop) } as unknown as Login;
  });
  return { ...own, jump: hops };
}

function present(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
