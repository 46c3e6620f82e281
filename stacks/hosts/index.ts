// Machines that are reached by SSH, as one cluster: `servers` keep its state, `hosts` run services alone. Which they are is in the
// stack's settings; examples/three-hosts shows how to write them.
import * as constellation from "@constellation/pulumi";
import * as pulumi from "@pulumi/pulumi";

interface Machine extends Pick<constellation.HostArgs, "labels" | "taints" | "reserved"> {
  readonly address: string;
  readonly port?: number;
  readonly user?: string;
  readonly hostKey?: string;
}

const settings = new pulumi.Config();
/** Of all of them; without one, the keys of the SSH agent are tried. */
const privateKey = settings.getSecret("privateKey");

const described = ({ address, port, user, hostKey, ...rest }: Machine) => ({
  ssh: { address, port, user, hostKey, privateKey },
  ...rest,
});
const machines = (key: "servers" | "hosts") =>
  Object.entries(settings.getObject<Record<string, Machine>>(key) ?? {});

const cluster = new constellation.Cluster(settings.get("name") ?? "main", {
  servers: Object.fromEntries(machines("servers").map(([name, server]) => [name, described(server)])),
});

const hosts = machines("hosts").map(
  ([name, host]) => new constellation.Host(name, { cluster: cluster.access, ...described(host) }),
);

/** For the programs that run services there: `pulumi stack output access --show-secrets`, or a StackReference. */
export const access = pulumi.secret(cluster.access);
export const addresses = hosts.map(({ address }) => address);
