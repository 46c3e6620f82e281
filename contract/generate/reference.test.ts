import { describe, expect, test } from "@jest/globals";
import { routes } from "../api/routes.ts";
import { errorTable } from "../errors.ts";
import { limits } from "../limits.ts";
import { resources } from "../resources/index.ts";
import { reference } from "./reference.ts";

const pages = reference();

describe("reference", () => {
  test.each(Object.values(resources))("has a page on $kind with a row for every input", (resource) => {
    const text = pages.get(`${resource.kind.toLowerCase()}.md`) ?? "";
    for (const { key } of resource.fields.inputs) expect(text).toContain(`\n| \`${key}\` |`);
  });

  test("has every call, error code and limit", () => {
    for (const name of Object.keys(routes)) expect(pages.get("api.md")).toContain(`\n## ${name}\n`);
    for (const code of Object.keys(errorTable)) expect(pages.get("errors.md")).toContain(`\n| \`${code}\` |`);
    for (const name of Object.keys(limits)) expect(pages.get("limits.md")).toContain(`| \`${name}\` |`);
  });

  test("leads only to what is there", () => {
    for (const [name, text] of pages) {
      for (const [, target = ""] of text.matchAll(/\]\(([^)]+)\)/g)) {
        const [file, anchor] = target.split("#");
        if (file !== "") expect([...pages.keys(), "openapi.json"]).toContain(file);
        if (anchor !== undefined) expect(`${name} ${headings(text)}`).toContain(`#${anchor}\n`);
      }
    }
  });

  test("says which changes replace", () => {
    expect(pages.get("service.md")).toMatch(/\| `namespace` \|.*A change replaces the resource\. \|/);
    expect(pages.get("service.md")).not.toMatch(/\| `image` \|.*replaces the resource/);
  });

  test("has tables of even rows", () => {
    for (const text of pages.values()) {
      for (const block of text.split("\n\n").filter((part) => part.startsWith("| "))) {
        const widths = block
          .trim()
          .split("\n")
          .map((row) => row.replaceAll("\\|", "").split("|").length);
        expect(new Set(widths).size).toBe(1);
      }
    }
  });
});

function headings(text: string): string {
  return [...text.matchAll(/^#+ (.*)$/gm)].map((match) => `#${match[1]?.toLowerCase()}\n`).join("");
}
