import { joinPath, UNKNOWN } from "../../contract/index.ts";
import { mapTree, type Opened, type Properties } from "../engine/index.ts";
import { Struct, type StructMessage } from "./protocol.ts";

/** Markers of the engine's property encoding (pulumi/sdk/go/common/resource/properties.go). */
const signatureKey = "4dabf18193072939515e22adb298388d";
const secretSignature = "1b47061264138c4ac30d75fd1eb44270";
const outputSignature = "d0e6a833031e9bbcd3f4e8bde6ca49a4";
const unknownText = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** Opens properties of the engine: secrets and outputs unwrapped, unknowns as `UNKNOWN`. */
export function open(struct: StructMessage | undefined): Opened {
  const secretPaths = new Set<string>();
  const value = openValue(struct?.toJavaScript() ?? {}, "", secretPaths) as Properties;
  return { value, secretPaths };
}

function openValue(value: unknown, path: string, secretPaths: Set<string>): unknown {
  if (value === unknownText) return UNKNOWN;
  if (Array.isArray(value))
    return value.map((item, index) => openValue(item, joinPath(path, index), secretPaths));
  if (typeof value !== "object" || value === null) return value;
  const wrapped = value as Properties;
  if (wrapped[signatureKey] === secretSignature) {
    secretPaths.add(path);
    return openValue(wrapped.value, path, secretPaths);
  }
  if (wrapped[signatureKey] === outputSignature) {
    if (wrapped.secret === true) secretPaths.add(path);
    return "value" in wrapped ? openValue(wrapped.value, path, secretPaths) : UNKNOWN;
  }
  return Object.fromEntries(
    Object.entries(wrapped)
      .filter(([key]) => key !== "__defaults")
      .map(([key, item]) => [key, openValue(item, joinPath(path, key), secretPaths)]),
  );
}

/** Closes properties for the engine: the reverse of `open`. */
export function close({ value, secretPaths }: Opened): StructMessage {
  return Struct.fromJavaScript(closeValue(value, secretPaths) as Record<string, never>);
}

function closeValue(value: unknown, secretPaths: ReadonlySet<string>, from = ""): unknown {
  return mapTree(
    value,
    (node, path) => {
      if (secretPaths.has(path)) {
        const rest = new Set([...secretPaths].filter((other) => other !== path));
        return { replace: { [signatureKey]: secretSignature, value: closeValue(node, rest, path) } };
      }
      return node === UNKNOWN ? { replace: unknownText } : undefined;
    },
    from,
  );
}
