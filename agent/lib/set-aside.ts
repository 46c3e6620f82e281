import { renameSync } from "node:fs";

/** Renames a file that cannot be read, so that nobody trips over it again and somebody may look into it; its new path. */
export function setAside(file: string): string {
  const place = `${file}.unreadable`;
  renameSync(file, place);
  return place;
}
