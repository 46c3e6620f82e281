/** Whether a version comes after another: by its numbers, and a release after its pre-releases (`0.2.0-rc.1`). */
export function isNewer(version: string, than: string): boolean {
  const [mine, theirs] = [numbersOf(version), numbersOf(than)];
  const at = mine.findIndex((part, index) => part !== theirs[index]);
  if (at >= 0) return (mine[at] ?? 0) > (theirs[at] ?? 0);
  return !version.includes("-") && than.includes("-");
}

function numbersOf(version: string): number[] {
  const [release = ""] = version.split(/[-+]/);
  const parts = release.split(".").map(Number);
  return [0, 1, 2].map((index) => parts[index] || 0);
}
