// A cluster on this machine, and a small application on it: nginx in front, three web replicas, a Redis behind.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as constellation from "@constellation/pulumi";
import * as pulumi from "@pulumi/pulumi";

const settings = new pulumi.Config();
/** An OCI layout with the images redis, node and nginx; `npm run quickstart` builds it from Debian's packages. */
const images = settings.get("images") ?? "../../.images";
const image = (name: string) => `oci:${images}:${name}`;
const text = (file: string) => readFileSync(join(import.meta.dirname, "app", file), "utf8");

const local = new constellation.Cluster("local");
const cluster = local.access;

const redis = new constellation.Service("redis", {
  cluster,
  image: image("redis"),
  healthCheck: { tcp: { port: 6379 } },
});

const code = new constellation.ConfigFile("web-code", { cluster, content: text("server.mjs") });
const web = new constellation.Service(
  "web",
  {
    cluster,
    image: image("node"),
    args: ["/app/server.mjs"],
    configs: [{ config: code.name, target: "/app/server.mjs" }],
    replicas: settings.getNumber("replicas") ?? 3,
    resources: { memory: "128Mi" },
    healthCheck: { http: { path: "/healthz", port: 3000 } },
  },
  { dependsOn: redis },
);

const sites = new constellation.ConfigFile("front-site", { cluster, content: text("front.conf") });
const front = new constellation.Service(
  "front",
  {
    cluster,
    image: image("nginx"),
    configs: [{ config: sites.name, target: "/etc/nginx/conf.d/default.conf" }],
    ports: [{ port: 80, publish: settings.getNumber("port") ?? 8080 }],
    healthCheck: { tcp: { port: 80 } },
  },
  { dependsOn: web },
);

export const url = pulumi.interpolate`http://127.0.0.1:${front.endpoints.apply((endpoints) => endpoints[0]?.port)}`;
export const webAddress = web.address;
