import * as constellation from "@constellation/pulumi";
import * as pulumi from "@pulumi/pulumi";

const platform = new pulumi.StackReference(new pulumi.Config().require("platform"));

/** A page that says which instance it is, and since when: one that was started again says another time. */
const page = "mkdir /tmp/www && echo $CONSTELLATION_INSTANCE since $(date +%T) > /tmp/www/index.html";

const inShops: constellation.ServiceArgs = {
  cluster: platform.requireOutput("access"),
  image: "oci:../../.images:busybox",
  command: ["sh", "-c", `${page} && exec httpd -f -p 8000 -h /tmp/www`],
  placement: {
    constraints: [{ key: "site", operator: "In", values: ["shop"] }],
    spread: [{ key: "host.name" }],
  },
  healthCheck: { http: { path: "/", port: 8000 } },
  stopGracePeriod: "1s",
};

/** In every shop, for those who are there. Nothing takes its place elsewhere while the shop is away. */
export const till = new constellation.Service("till", {
  ...inShops,
  perHost: true,
}).name;

/** Two of them, wherever: one that is away for two seconds more than a host is waited for is made up for until it is back. */
export const stock = new constellation.Service("stock", {
  ...inShops,
  replicas: 2,
  disconnect: { replaceAfter: "2s", reconcile: "original" },
}).name;
