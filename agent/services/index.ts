/**
 * Services: the leader keeps each one's wanted slots filled with instances of its newest revision.
 *
 * Invariant: a rollout never takes a slot's last healthy instance before its successor is healthy (start-first), nor
 * more than `maxUnavailable` at once (stop-first); whatever happens in between, the next pass decides from what is.
 * It starts no process: hosts do, from their placements.
 */
export type { ActPorts } from "./act.ts";
export { act } from "./act.ts";
export { decide } from "./decide.ts";
export { explain } from "./explain.ts";
export { createServiceFeature, type ServiceFeaturePorts } from "./feature.ts";
export { allReady, type HostStates } from "./fleet.ts";
export { hostsOf } from "./hosts.ts";
export { type ImagePorts, resolveImage } from "./images.ts";
export { createLocate } from "./locate.ts";
export { leadServices, type Outlook } from "./loop.ts";
export { createProgress, type Progress } from "./progress.ts";
export type { PortProbe } from "./published-ports.ts";
export { type Reference, referencesOf } from "./references.ts";
export { secretTextsOf } from "./secret-texts.ts";
export { minHealthyTimeMs } from "./specs.ts";
export { instancesOf } from "./status.ts";
export { observedInstances, placementsOf, servicesOf } from "./stored.ts";
export type { Op, PlacedInstance, WantedService } from "./types.ts";
