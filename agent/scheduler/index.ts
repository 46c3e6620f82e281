/**
 * Which host an instance goes to, and why none takes it.
 *
 * Invariant: no host is ever given more than it has, less its own reserve. Pure: the same hosts, the same choice.
 * It moves nothing and knows nothing of revisions or rollouts.
 */
export { admitService } from "./admit.ts";
export {
  type Choice,
  defaultRequest,
  describeRejections,
  formatBytes,
  free,
  type HostCapacity,
  placeInstance,
  type Request,
  requestOf,
} from "./place.ts";
