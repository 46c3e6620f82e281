import { expect, test } from "@jest/globals";
import { ConstellationError } from "../../contract/index.ts";
import type { Machines, Place, RemoteMachine } from "../machines/index.ts";
import { formatAccess } from "./access.ts";
import { createConnections } from "./connections.ts";

test("what this run knows of a cluster goes before an access that was recorded, before no other cluster's, and in no other run", async () => {
  const asked: string[] = [];
  const machines: Machines = {
    forget: () => undefined,
    at({ ssh }: Place) {
      const name = `ssh://${ssh.user}@${ssh.address}`;
      const dial = async () => {
        asked.push(name);
        throw new ConstellationError("unreachable", "nobody is there");
      };
      return { name, address: { name, dial } } as unknown as RemoteMachine;
    },
  };
  const access = (id: string, address: string) =>
    formatAccess({ id, addresses: [], servers: [{ ssh: { address, port: 22, user: "root" } }] });
  const connections = createConnections(() => ({ namespace: "default" }), {}, machines);
  const dialled = async (text: string) => {
    asked.length = 0;
    await expect(connections.to(text)).rejects.toThrow("nobody is there");
    return [...new Set(asked)];
  };
  const [old, other] = [access("c", "10.0.0.1"), access("d", "10.0.0.3")];
  expect(await dialled(old)).toEqual(["ssh://root@10.0.0.1"]);
  connections.renew(access("c", "10.0.0.2"));
  expect(await dialled(old)).toEqual(["ssh://root@10.0.0.2"]);
  expect(await dialled(other)).toEqual(["ssh://root@10.0.0.3"]);
  connections.begin();
  expect(await dialled(old)).toEqual(["ssh://root@10.0.0.1"]);
});
