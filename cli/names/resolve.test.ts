import { describe, expect, test } from "@jest/globals";
import type { Instance } from "../../contract/index.ts";
import { missingService, notFound, oneInstance, parseReference, scopeOf, selectInstances } from "./index.ts";

const instance = (id: string, more: Partial<Instance> = {}): Instance => {
  const [, service = "", index = "0"] = /^(.+)-(\d+)-[^-]+$/.exec(id) ?? [];
  return {
    ...{
      id,
      namespace: "default",
      service,
      serviceUid: "u",
      name: `${service}-${index}`,
      index: Number(index),
    },
    ...{
      host: "a",
      address: "10.64.0.2",
      revision: 1,
      state: "running",
      healthy: true,
      reason: "",
      restarts: 0,
    },
    ...{ image: "web", since: "2026-01-01T00:00:00Z" },
    ...more,
  };
};
const all = [
  instance("web-1-bbb"),
  instance("web-0-aaa", { state: "stopping", revision: 1 }),
  instance("web-0-ccc", { revision: 2 }),
  instance("db-0-ddd", { namespace: "shop" }),
];
const idsOf = (text: string, namespace?: string) =>
  selectInstances(parseReference(text, namespace), all)?.instances.map(({ id }) => id);

describe("a name means", () => {
  test.each([
    ["an id, in whatever namespace", "db-0-ddd", undefined, ["db-0-ddd"]],
    ["an id, not in another namespace than said", "other/db-0-ddd", undefined, undefined],
    ["a slot, what runs first", "web-0", undefined, ["web-0-ccc", "web-0-aaa"]],
    ["a service, in order of slots", "web", undefined, ["web-0-ccc", "web-0-aaa", "web-1-bbb"]],
    ["the default namespace's", "db", undefined, undefined],
    ["that of -n", "db", "shop", ["db-0-ddd"]],
    ["that before the slash, whatever -n says", "shop/db", "default", ["db-0-ddd"]],
  ])("%s", (_, text, namespace, ids) => {
    expect(idsOf(text, namespace)).toEqual(ids);
  });
});

describe("one instance", () => {
  const one = (text: string, instances = all) => oneInstance(parseReference(text, undefined), instances).id;

  test("is a slot's running one, or the only one of a service", () => {
    expect(one("web-0")).toBe("web-0-ccc");
    expect(one("shop/db")).toBe("db-0-ddd");
    expect(one("web", [instance("web-0-aaa", { state: "stopping" }), instance("web-0-ccc")])).toBe(
      "web-0-ccc",
    );
  });

  test("of several has to be chosen", () => {
    expect(() => one("web")).toThrow("web: the service has 2 instances; choose one: web-0, web-1");
  });
});

test("in a service without instances there is nothing to work in, which is not its name's fault", () => {
  const services = [{ namespace: "default", name: "idle" }];
  const one = (text: string) => () => oneInstance(parseReference(text, undefined), all, services);
  expect(one("idle")).toThrow("idle: the service has no instance; constellation describe idle says why");
  expect(one("idel")).toThrow("did you mean idle?");
});

describe("a service that is none", () => {
  const services = [
    { namespace: "default", name: "web" },
    { namespace: "shop", name: "db" },
  ];
  const message = (text: string, namespace?: string) =>
    missingService(scopeOf(namespace, text), services)?.message;

  test.each([
    ["wbe", undefined, "wbe: there is no such service; did you mean web?"],
    ["shop/dbb", undefined, "dbb: there is no such service in namespace shop; did you mean db?"],
    ["web", "shop", "web: there is no such service in namespace shop; there is default/web"],
    ["zzzzzz", undefined, "zzzzzz: there is no such service; constellation services lists what there is"],
  ])("%s in %s: %s", (text, namespace, expected) => {
    expect(message(text, namespace)).toBe(expected);
  });

  test("is none of those that are", () => {
    expect([message("web"), message("db"), message("db", "shop")]).toEqual([undefined, undefined, undefined]);
    expect(missingService({ namespace: "shop" }, services)).toBeUndefined();
  });
});

describe("a name that is none", () => {
  const message = (text: string) =>
    notFound(parseReference(text, undefined), all, [{ namespace: "default", name: "front" }]).message;

  test.each([
    ["db", "db: nothing has that name in namespace default; there is shop/db"],
    ["wbe", "wbe: nothing has that name in namespace default; did you mean web?"],
    ["frnt", "frnt: nothing has that name in namespace default; did you mean front?"],
    [
      "zzzzzzzzz",
      "zzzzzzzzz: nothing has that name in namespace default; constellation ps and constellation services list what there is",
    ],
  ])("%s: %s", (text, expected) => {
    expect(message(text)).toBe(expected);
  });
});

test("a listing's scope is as said, and a service may bring its namespace", () => {
  expect(scopeOf(undefined, undefined)).toEqual({});
  expect(scopeOf("shop", "web")).toEqual({ namespace: "shop", service: "web" });
  expect(scopeOf("shop", "other/web")).toEqual({ namespace: "other", service: "web" });
});
