/**
 * Registries for tests: Debian's docker-registry inside a machine, with images of the clone published in it, or on the
 * loopback of whoever tests, with images pushed to it.
 */
export { settled } from "./answers.ts";
export { type LoopbackRegistry, startLoopbackRegistry } from "./loopback.ts";
export { publish } from "./publish.ts";
export { type Pushable, push } from "./push.ts";
export { type RegistryOptions, type RegistryServer, startRegistry, user } from "./server.ts";
