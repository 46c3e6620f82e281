import * as z from "zod";
import { about } from "./field.ts";

const durationUnitsMs = { ns: 1e-6, us: 1e-3, µs: 1e-3, ms: 1, s: 1_000, m: 60_000, h: 3_600_000 } as const;
const durationPart = /(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)/gy;

/** Milliseconds of a Go-style duration (`"1m30s"`), or undefined when it is none. */
export function durationMs(text: string): number | undefined {
  if (text === "0") return 0;
  let total = 0;
  let end = 0;
  for (const part of text.matchAll(durationPart)) {
    total += Number(part[1]) * durationUnitsMs[part[2] as keyof typeof durationUnitsMs];
    end = part.index + part[0].length;
  }
  return end === text.length && end > 0 ? total : undefined;
}

const quantityUnits: Record<string, number> = {
  "": 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
};

/** Bytes of a Kubernetes-style quantity (`"256Mi"`), or undefined when it is none. */
export function quantityBytes(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)(k|M|G|T|Ki|Mi|Gi|Ti)?$/.exec(text);
  return match ? Math.ceil(Number(match[1]) * (quantityUnits[match[2] ?? ""] ?? 1)) : undefined;
}

/** A Go-style duration; pick the bounds with `min` and `max`, in milliseconds. */
export function duration(bounds: { minMs?: number; maxMs?: number } = {}) {
  const { minMs = 0, maxMs = 24 * 3_600_000 } = bounds;
  return about(
    z.string().superRefine((text, context) => {
      const ms = durationMs(text);
      if (ms === undefined)
        context.addIssue({
          code: "custom",
          message: `"${text}" is no duration; write it like "30s" or "1m30s"`,
        });
      else if (ms < minMs || ms > maxMs) {
        context.addIssue({
          code: "custom",
          message: `must be between ${minMs}ms and ${maxMs}ms, not "${text}"`,
        });
      }
    }),
    { format: "duration" },
  );
}

/** An amount of bytes; `minBytes` is the least that makes sense for the field. */
export function quantity(minBytes = 0) {
  return about(
    z.string().superRefine((text, context) => {
      const bytes = quantityBytes(text);
      if (bytes === undefined)
        context.addIssue({
          code: "custom",
          message: `"${text}" is no quantity; write it like "256Mi" or "1G"`,
        });
      else if (bytes < minBytes)
        context.addIssue({ code: "custom", message: `must be at least ${minBytes} bytes, not "${text}"` });
    }),
    { format: "quantity" },
  );
}

/** A DNS label: the name of a resource, a namespace, a slot. */
export const dnsLabel = z.string().regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, {
  error: (issue) =>
    `"${String(issue.input)}" is no DNS name; use at most 63 of a-z, 0-9 and -, starting and ending with a letter or digit`,
});

export const port = z.int().min(1).max(65_535);

/** Octal permission bits as text, `"0644"`. */
export const fileMode = about(
  z.string().regex(/^0?[0-7]{3,4}$/, {
    error: (issue) => `"${String(issue.input)}" is no file mode; write octal digits like "0644"`,
  }),
  { format: "mode" },
);

/** A path inside an instance. */
export const absolutePath = z.string().regex(/^\/(?!.*(^|\/)\.\.(\/|$))[^\0]*$/, {
  error: (issue) => `"${String(issue.input)}" is no absolute path; start it with / and leave out ..`,
});

export const environmentName = z.string().regex(/^[A-Za-z_][A-Za-z0-9_.-]*$/, {
  error: (issue) =>
    `"${String(issue.input)}" is no variable's name; use letters, digits, _, . and -, and start with a letter or _`,
});
