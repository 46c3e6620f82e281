import { mapSecrets } from "../../contract/index.ts";
import type { Sealer } from "./sealer.ts";

/** Shorter texts would blank out half of every line and are no secrets worth the name. */
const shortest = 4;
const mask = "[secret]";

/** The texts of all secrets in stored inputs; those that cannot be opened are left out. */
export function storedSecrets(inputs: unknown, sealer: Sealer): string[] {
  const texts: string[] = [];
  mapSecrets(inputs, ({ $secret }) => {
    try {
      texts.push(sealer.open($secret.sealed ?? "").reveal());
    } catch {
      // Sealed with a key that is lost: nobody has this text any more.
    }
    return undefined;
  });
  return texts;
}

/** Replaces secret texts in lines meant for people; each line of one that has several counts by itself. */
export function createHiding(secrets: readonly string[]): (line: string) => string {
  const texts = secrets
    .flatMap((text) => text.split(/\r?\n/))
    .map((line) => line.trim())
    .filter(({ length }) => length >= shortest)
    .sort((one, other) => other.length - one.length);
  return (line) => texts.reduce((rest, text) => rest.replaceAll(text, mask), line);
}
