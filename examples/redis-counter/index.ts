import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as constellation from "@constellation/pulumi";
import * as pulumi from "@pulumi/pulumi";

const settings = new pulumi.Config();
const image = (name: string) => `oci:../../.images:${name}`;
const text = (file: string) => readFileSync(join(import.meta.dirname, "app", file), "utf8");

const { access: cluster } = new constellation.Cluster("local");

const password = settings.requireSecret("redisPassword");
// The same word twice: as a line of Redis' configuration, and as what clients send.
const login = new constellation.Secret("redis-login", {
  cluster,
  values: { password, "redis.conf": pulumi.interpolate`requirepass ${password}\n` },
});

const redisConf = new constellation.ConfigFile("redis-conf", { cluster, content: text("redis.conf") });
const redis = new constellation.Service("redis", {
  cluster,
  image: image("redis"),
  command: ["redis-server", "/etc/redis/redis.conf"],
  user: "redis",
  configs: [{ config: redisConf.name, target: "/etc/redis/redis.conf" }],
  secrets: [
    { secret: login.name, key: "redis.conf", target: "/run/secrets/redis.conf" },
    { secret: login.name, key: "password", env: "REDISCLI_AUTH" },
  ],
  healthCheck: { exec: { command: ["sh", "-c", "redis-cli ping | grep -q PONG"] } },
  resources: { memory: "64Mi" },
});

const code = new constellation.ConfigFile("counter-code", { cluster, content: text("counter.js") });
const counter = new constellation.Service(
  "counter",
  {
    cluster,
    image: image("node"),
    args: ["/app/counter.mjs"],
    env: { GREETING: settings.require("greeting") },
    user: "node",
    configs: [{ config: code.name, target: "/app/counter.mjs" }],
    secrets: [{ secret: login.name, key: "password", target: "/run/secrets/password" }],
    replicas: 2,
    ports: [{ port: 80, targetPort: 3000, publish: settings.requireNumber("port") }],
    // Out of traffic while Redis is away; restarted only when it does not even answer.
    healthCheck: { http: { path: "/ready", port: 3000 } },
    liveness: { http: { path: "/alive", port: 3000 } },
    // A new instance is healthy before an old one goes.
    update: { strategy: "start-first", maxSurge: 1 },
  },
  { dependsOn: redis },
);

export const url = pulumi.interpolate`http://127.0.0.1:${counter.endpoints.apply((endpoints) => endpoints[0]?.port)}`;
