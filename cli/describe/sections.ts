import type { Palette } from "../terminal/index.ts";

/** A heading and its lines; nothing at all where there are none. */
export function section(palette: Palette, heading: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ["", palette.title(heading), ...lines];
}

/** `  owner    pulumi urn:...`, without the facts that are not known. */
export function facts(pairs: readonly (readonly [name: string, value: string | undefined])[]): string[] {
  const known = pairs.filter(([, value]) => value !== undefined && value !== "");
  const width = Math.max(...known.map(([name]) => name.length));
  return known.map(([name, value]) => `  ${name.padEnd(width)}  ${value}`);
}
