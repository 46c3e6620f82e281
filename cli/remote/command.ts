const connectSeconds = 15;
const aliveSeconds = 5;
const aliveCount = 3;

/** For ssh(1), which knows the keys, agents, jump hosts and known hosts of whoever calls it. */
export function sshArguments(destination: string, isUnattended = false): string[] {
  const { host, port } = partsOf(destination);
  const options = [
    `ConnectTimeout=${connectSeconds}`,
    `ServerAliveInterval=${aliveSeconds}`,
    `ServerAliveCountMax=${aliveCount}`,
    ...(isUnattended ? ["BatchMode=yes"] : []),
  ];
  return ["-T", ...options.flatMap((option) => ["-o", option]), ...(port ? ["-p", port] : []), "--", host];
}

/** An IPv6 address is in brackets where a port follows it; ssh itself takes it without. */
function partsOf(destination: string): { readonly host: string; readonly port?: string | undefined } {
  const bare = destination.replace(/^ssh:\/\//, "");
  const found = /^(.*@)?(?:\[([^\]]+)\]|([^:@]+))(?::(\d+))?$/.exec(bare);
  if (found === null) return { host: bare };
  const [, login = "", bracketed, name, port] = found;
  return { host: `${login}${bracketed ?? name}`, port };
}

/** With root's rights, which the agent's socket asks for; the kit's program goes before another one. */
export function remoteCommand(root: string | undefined): string {
  const dial = `dial${root === undefined ? "" : ` --root "${root.replace(/["\\$`]/g, "\\$&")}"`}`;
  const script = `PATH=/opt/constellation/bin:$PATH; agent=$(command -v constellation-agent) || { echo "no constellation-agent here" >&2; exit 127; }; if [ "$(id -u)" = 0 ]; then exec "$agent" ${dial}; else exec sudo -n "$agent" ${dial}; fi`;
  return `sh -c '${script.replaceAll("'", `'\\''`)}'`;
}
