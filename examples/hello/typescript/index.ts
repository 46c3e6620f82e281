import * as constellation from "@constellation/pulumi";
import * as pulumi from "@pulumi/pulumi";

const local = new constellation.Cluster("local");

const hello = new constellation.Service("hello", {
  cluster: local.access,
  image: "oci:../../../.images:busybox",
  command: ["httpd", "-f", "-p", "8000", "-h", "/etc"],
  replicas: 2,
  stopGracePeriod: "1s",
  healthCheck: { http: { path: "/hostname", port: 8000 } },
});

export const url = pulumi.interpolate`http://${hello.address}:8000/hostname`;
