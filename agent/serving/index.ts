/**
 * The servers' half of an agent: its features put together to one server, with the API, the port for other machines and what the
 * servers say to each other.
 *
 * Invariant: everything outside of this process comes in as a port, and an attempt to start leaves nothing behind where it fails.
 * It decides nothing by itself, and knows no adapter: own-servers.ts passes them in, and starts it once the store lets it.
 */
export { keepConfirmed } from "./own-fence.ts";
export { type Server, type ServerOptions, startServer } from "./server.ts";
export { untilServing } from "./until-serving.ts";
