/**
 * Registries for tests: Debian's docker-registry inside a machine, with images of the clone published in it.
 */
export { settled } from "./answers.ts";
export { publish } from "./publish.ts";
export { type RegistryOptions, type RegistryServer, startRegistry, user } from "./server.ts";
