import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
const days = "2";

/** A CA of our own and a certificate of it, by default for this machine's loopback: paths and PEM texts. */
export async function makeCertificates(folder: string, names = ["IP:127.0.0.1", "DNS:localhost"]) {
  const at = (name: string) => join(folder, name);
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
  await run("openssl", [
    ...["req", "-x509", ...key, "-days", days, "-subj", "/CN=test CA"],
    ...["-keyout", at("ca.key"), "-out", at("ca.crt")],
  ]);
  await writeFile(at("names"), `subjectAltName=${names.join()}\n`);
  await run("openssl", [
    "req",
    ...key,
    "-subj",
    "/CN=localhost",
    "-keyout",
    at("key.pem"),
    "-out",
    at("csr"),
  ]);
  await run("openssl", [
    ...["x509", "-req", "-in", at("csr"), "-CA", at("ca.crt"), "-CAkey", at("ca.key"), "-CAcreateserial"],
    ...["-days", days, "-extfile", at("names"), "-out", at("cert.pem")],
  ]);
  return {
    caFile: at("ca.crt"),
    certificateFile: at("cert.pem"),
    keyFile: at("key.pem"),
    ca: await readFile(at("ca.crt"), "utf8"),
    certificate: await readFile(at("cert.pem"), "utf8"),
    key: await readFile(at("key.pem"), "utf8"),
  };
}

export type Certificates = Awaited<ReturnType<typeof makeCertificates>>;
