/**
 * Jest's transform for TypeScript: Node's own type stripping, the same that runs the sources.
 * Positions stay as they are (types become blanks), so no source map is needed.
 */
import { stripTypeScriptTypes } from "node:module";

/** @param {string} source */
const strip = (source) => ({ code: stripTypeScriptTypes(source, { mode: "strip" }) });

export default { process: strip, processAsync: async (/** @type {string} */ source) => strip(source) };
