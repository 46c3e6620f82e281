import type { AnyAuthMethod, ParsedKey } from "ssh2";
import { ConstellationError } from "../../contract/index.ts";
import type { Login } from "./types.ts";

/** A way to log in, in the order they are tried, and what messages call it. */
export interface Method {
  readonly name: string;
  readonly auth: AnyAuthMethod;
}

type ParseKey = (data: string, passphrase?: string) => ParsedKey | ParsedKey[] | Error;

/** What a login allows. Throws `invalid` for a key that cannot be read, or where there is nothing to try. */
export function methodsOf(login: Login, agentSocket: string | undefined, parseKey: ParseKey): Method[] {
  const { user: username, password } = login;
  const methods: Method[] = [];
  if (login.privateKey !== undefined) {
    const key = readKey(login, parseKey);
    methods.push({ name: "privateKey", auth: { type: "publickey", username, key } });
  }
  const wantsAgent = login.agent ?? (login.privateKey === undefined && password === undefined);
  if (wantsAgent && agentSocket)
    methods.push({ name: "the SSH agent", auth: { type: "agent", username, agent: agentSocket } });
  if (password !== undefined) {
    methods.push({ name: "password", auth: { type: "password", username, password } });
    // What PAM asks by itself: the same, where it is one question that hides its answer.
    const prompt = (
      _name: string,
      _instructions: string,
      _language: string,
      prompts: readonly { readonly echo?: boolean }[],
      finish: (answers: string[]) => void,
    ) => finish(prompts.map(({ echo }) => (echo === true || prompts.length > 1 ? "" : password)));
    methods.push({ name: "password", auth: { type: "keyboard-interactive", username, prompt } });
  }
  if (methods.length > 0) return methods;
  throw new ConstellationError(
    "login-denied",
    `log in to ${login.address} as ${username}: nothing to log in with: no privateKey, no password, and ${
      wantsAgent ? "SSH_AUTH_SOCK names no SSH agent here" : "agent is false"
    }; give one of them`,
  );
}

function readKey(login: Login, parseKey: ParseKey): ParsedKey {
  const parsed = parseKey(login.privateKey ?? "", login.privateKeyPassphrase);
  const [key] = Array.isArray(parsed) ? parsed : [parsed];
  if (key !== undefined && !(key instanceof Error) && key.isPrivateKey()) return key;
  throw new ConstellationError(
    "invalid",
    `read privateKey for ${login.address}: ${unreadable(login, key)}; give the text of the file that ssh-keygen wrote`,
  );
}

/** In our words: the library's might quote what it was given. */
function unreadable({ privateKeyPassphrase }: Login, error: ParsedKey | Error | undefined): string {
  if (!(error instanceof Error)) return "it is a public key, not a private one";
  if (!/passphrase|decrypt|integrity|bad decrypt|cipher/i.test(error.message))
    return "it is no private key that can be read";
  return privateKeyPassphrase === undefined
    ? "it is encrypted, and there is no privateKeyPassphrase"
    : "privateKeyPassphrase does not open it";
}
