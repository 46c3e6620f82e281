import {
  type Client,
  ConstellationError,
  type Servers,
  type SshLogin,
  sshLogin,
} from "../../contract/index.ts";

/**
 * The login in the id that an import gives a cluster on other machines: `ssh://USER@ADDRESS:PORT` of any of its servers.
 * undefined: it is a cluster's name. Throws `invalid`; the message does not quote the id, which might hold a password.
 */
export function loginIn(id: string): SshLogin | undefined {
  if (!id.startsWith("ssh://")) return undefined;
  const url = URL.parse(id);
  const isBare =
    url !== null && `${url.password}${url.search}${url.hash}` === "" && /^\/?$/.test(url.pathname);
  const login = sshLogin.safeParse({
    address: url?.hostname.replace(/^\[|\]$/g, ""),
    ...(url?.port ? { port: Number(url.port) } : {}),
    ...(url?.username ? { user: url.username } : {}),
  });
  if (isBare && login.success) return login.data;
  throw new ConstellationError(
    "invalid",
    "import cluster: its id is no ssh://USER@ADDRESS:PORT of a server; the login is by the SSH agent, without a password",
  );
}

/** All servers of the cluster that one of them tells of. How the others are reached is a guess: as this one, where they listen. */
export async function serversThere(client: Client, login: SshLogin): Promise<Servers> {
  const [{ host }, listed] = await Promise.all([client.info(), client.listServers()]);
  const entries = listed
    .filter(({ role }) => role !== "none")
    .map(({ name, address }) => {
      const other = address === undefined ? {} : { address };
      return [name, { ssh: name === host ? login : { ...login, ...other } }] as const;
    });
  return Object.fromEntries(entries);
}
