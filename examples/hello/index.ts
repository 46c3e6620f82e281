import * as constellation from "@constellation/pulumi";

const hello = new constellation.Service("hello", {
  image: "oci:../../.images:busybox",
  command: ["httpd", "-f", "-p", "8000", "-h", "/etc"],
  replicas: 2,
});

export const address = hello.address;
