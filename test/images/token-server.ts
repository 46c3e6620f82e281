import { createPrivateKey, sign, X509Certificate } from "node:crypto";
import { once } from "node:events";
import { createServer, type Server } from "node:https";
import type { Certificates } from "./certificates.ts";

export interface TokenServer {
  /** What docker-registry's configuration says of it. */
  readonly auth: object;
  /** `Authorization` of each request, undefined where there was none. */
  readonly asked: (string | undefined)[];
  stop(): Promise<void>;
}

/** Hands out tokens to pull by Docker's token specification, to one user; others get 401. */
export async function startTokenServer(
  certificates: Certificates,
  user: string,
  password: string,
): Promise<TokenServer> {
  const asked: (string | undefined)[] = [];
  const issuer = "test";
  const expected = `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;
  const server = createServer(
    { key: certificates.key, cert: certificates.certificate },
    (request, response) => {
      asked.push(request.headers.authorization);
      const query = new URL(request.url ?? "", "https://localhost").searchParams;
      if (request.headers.authorization !== expected) return void response.writeHead(401).end("{}");
      const access = query.getAll("scope").map((scope) => {
        const [type, name, actions = ""] = scope.split(":");
        return { type, name, actions: actions.split(",") };
      });
      const now = Math.floor(Date.now() / 1000);
      const claims = {
        iss: issuer,
        sub: user,
        aud: query.get("service"),
        nbf: now - 60,
        exp: now + 300,
        access,
      };
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify({ token: tokenOf(claims, certificates) }));
    },
  );
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  const realm = `https://127.0.0.1:${port}/token`;
  return {
    auth: { token: { realm, service: "test registry", issuer, rootcertbundle: certificates.caFile } },
    asked,
    stop: () => close(server),
  };
}

function tokenOf(claims: object, { certificate, key }: Certificates): string {
  const x5c = [new X509Certificate(certificate).raw.toString("base64")];
  const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const text = `${encode({ typ: "JWT", alg: "ES256", x5c })}.${encode(claims)}`;
  const privateKey = { key: createPrivateKey(key), dsaEncoding: "ieee-p1363" } as const;
  return `${text}.${sign("sha256", Buffer.from(text), privateKey).toString("base64url")}`;
}

async function close(server: Server): Promise<void> {
  server.closeAllConnections();
  server.close();
  await once(server, "close");
}
