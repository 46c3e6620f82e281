import { keptRemote, type Remote } from "./dial.ts";
import { type LoginOptions, login } from "./login.ts";

/** @param destination as ssh(1) takes it; not dialled before the first question. */
export function remote(destination: string, options: LoginOptions & { readonly onLost: () => void }): Remote {
  return keptRemote({
    name: `ssh://${destination}`,
    open: (signal) => login(destination, options, signal),
    onLost: options.onLost,
  });
}
