/**
 * A program folder to start from: what its files say is pure, writing them never replaces one.
 * Invariant: it refers to the SDK, the plugin and the image by absolute paths that exist, so it works wherever it is.
 */
export {
  type Blueprint,
  firstSteps,
  type Language,
  languages,
  programFiles,
  pulumiVersion,
} from "./files.ts";
export { findPlaces, type Places } from "./places.ts";
export { projectName } from "./project-name.ts";
export { writeFolder } from "./write.ts";
