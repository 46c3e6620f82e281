import { whereOf } from "./failures.ts";
import type { Login } from "./types.ts";

type Where = Pick<Login, "address" | "port">;

/**
 * The machines that a login goes through and the one it leads to, which is the last: `ADDRESS:PORT`, after those before it. The
 * same address behind another jump host is another machine.
 */
export function placesOf({
  jump = [],
  ...login
}: Where & { readonly jump?: readonly Where[] | undefined }): string[] {
  const hops = [...jump, login].map(whereOf);
  return hops.map((_, index) => hops.slice(0, index + 1).join(" > "));
}

export const placeOf = (login: Parameters<typeof placesOf>[0]): string => placesOf(login).at(-1) ?? "";
