import * as constellation from "@constellation/pulumi";
import * as pulumi from "@pulumi/pulumi";

const platform = new pulumi.StackReference(new pulumi.Config().require("platform"));

const web = new constellation.Service("web", {
  cluster: platform.requireOutput("access"),
  image: "oci:../../.images:busybox",
  command: ["httpd", "-f", "-p", "8000", "-h", "/etc"],
  replicas: 3,
  placement: { spread: [{ key: "host.name" }] },
  // Every host answers there, whichever it is that an instance runs on.
  ports: [{ port: 8000, publish: 8000 }],
  healthCheck: { http: { path: "/hostname", port: 8000 } },
  stopGracePeriod: "1s",
});

export const address = web.address;
