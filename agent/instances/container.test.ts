import { describe, expect, test } from "@jest/globals";
import type { ImageConfig } from "../../contract/images/index.ts";
import { resources } from "../../contract/index.ts";
import type { Placement } from "../session/index.ts";
import { containerOf } from "./container.ts";
import { expandEnvironment, expandText } from "./expand.ts";
import { resolveUser } from "./users.ts";

const image: ImageConfig = {
  platform: { os: "linux", architecture: "amd64" },
  entrypoint: ["/entry"],
  cmd: ["serve"],
  env: ["PATH=/bin", "A=image"],
  user: "",
  workingDir: "/srv",
  exposedPorts: [],
  stopSignal: "SIGTERM",
  volumes: [],
  labels: {},
  diffIds: [],
};
const placement: Placement = {
  ...{
    id: "web-0-aaaaaa",
    namespace: "default",
    service: "web",
    serviceUid: "u1",
    name: "web-0",
    index: 0,
    specKey: "u1/1",
  },
  ...{ revision: 1, address: "10.64.0.5", want: "run", reason: "" },
};

function container(inputs: object, ofImage: Partial<ImageConfig> = {}, secretEnv = {}) {
  return containerOf({
    ...{ placement, secretEnv, host: "alpha", root: "/r", netnsFile: "/n", mounts: [] },
    image: { ...image, ...ofImage },
    workload: resources.Service.inputs.parse({ image: "x", ...inputs }),
    userFiles: { passwd: "root:x:0:0::/root:/bin/sh\n", group: "" },
  });
}

describe("the command", () => {
  test.each([
    [{}, {}, ["/entry", "serve"]],
    [{ command: ["/mine"] }, {}, ["/mine"]],
    [{ command: ["/mine"], args: ["x"] }, {}, ["/mine", "x"]],
    [{ args: ["x"] }, {}, ["/entry", "x"]],
    [{ args: [] }, {}, ["/entry"]],
    [{ command: [] }, {}, undefined],
    [{}, { entrypoint: [] }, ["serve"]],
    [{}, { entrypoint: [], cmd: [] }, undefined],
    [
      { command: ["$(CONSTELLATION_INSTANCE)", "$$(A)", "$(A)", "$(NO)"] },
      {},
      ["web-0", "$(A)", "image", "$(NO)"],
    ],
  ])("of %j on an image with %j is %j", (inputs, ofImage, argv) => {
    if (argv === undefined)
      expect(() => container(inputs, ofImage)).toThrow("no command: the image names neither");
    else expect(container(inputs, ofImage).argv).toEqual(argv);
  });
});

test("secrets win over the user's variables, those over the image's, and are never expanded", () => {
  const { env } = container({ env: { A: "user", B: "$(TOKEN)" } }, {}, { TOKEN: "$(A)", C: "s" });
  expect(env).toMatchObject({
    A: "user",
    B: "$(A)",
    TOKEN: "$(A)",
    C: "s",
    PATH: "/bin",
    HOME: "/root",
    HOSTNAME: "web-0",
  });
});

describe("variables", () => {
  test("name each other in any order; a circle stays as it is", () => {
    expect(expandEnvironment({ G: "g" }, { A: "$(B)$(G)", B: "b", C: "$(D)", D: "$(C)", E: "$(E)" })).toEqual(
      {
        ...{ A: "bg", B: "b", C: "$(C)", D: "$(C)", E: "$(E)", G: "g" },
      },
    );
  });

  test("that replace a given one may name it", () => {
    expect(expandEnvironment({ PATH: "/bin" }, { PATH: "/mine:$(PATH)" })).toEqual({ PATH: "/mine:/bin" });
  });

  test("are refused once they grow past what a program can be given", () => {
    const bomb = Object.fromEntries(
      Array.from({ length: 30 }, (_, i) => [`V${i}`, `$(V${i + 1})$(V${i + 1})`]),
    );
    expect(() => expandEnvironment({}, { ...bomb, V30: "x" })).toThrow(
      /is longer than 131071 bytes once expanded/,
    );
    expect(expandText("$(constructor)", () => undefined, "env.A")).toBe("$(constructor)");
  });
});

describe("the user", () => {
  const files = {
    passwd: "root:x:0:0::/root:/bin/sh\nweb:x:101:102::/home/web:/bin/sh\nbroken:x:y:z\n",
    group: "root:x:0:\nweb:x:102:\nlogs:x:103:web,other\n",
  };
  test.each([
    ["", { uid: 0, gid: 0, groups: [], home: "/root" }],
    ["web", { uid: 101, gid: 102, groups: [103], home: "/home/web" }],
    ["101", { uid: 101, gid: 102, groups: [103], home: "/home/web" }],
    ["web:logs", { uid: 101, gid: 103, groups: [], home: "/home/web" }],
    ["4711", { uid: 4711, gid: 0, groups: [], home: "/" }],
    ["4711:12", { uid: 4711, gid: 12, groups: [], home: "/" }],
  ])("%j is %j", (wanted, user) => {
    expect(resolveUser(wanted, [], files)).toEqual(user);
  });

  test("gets more groups, by name or number", () => {
    expect(resolveUser("root", ["logs", "7"], files).groups).toEqual([103, 7]);
  });

  test.each(["nobody", "web:nobody", "broken"])("%s is refused", (wanted) => {
    expect(() => resolveUser(wanted, [], files)).toThrow(/not found: (nobody|broken); correct/);
  });
});
