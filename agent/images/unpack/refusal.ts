/** A layer that will not be unpacked. The message names the entry and says what to do. */
export class Refusal extends Error {
  override readonly name = "Refusal";
}

/** Names in archives are latin1 text (one character a byte); people read them as UTF-8. */
export function readable(name: string): string {
  const text = Buffer.from(name, "latin1").toString("utf8");
  return text.length > 200 ? `${text.slice(0, 200)}...` : text;
}

export function refuse(entry: string, problem: string, remedy = "rebuild the image"): Refusal {
  return new Refusal(`entry ${readable(entry)} ${problem}; ${remedy}`);
}
