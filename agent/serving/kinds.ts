import type { DocumentKind } from "../../contract/index.ts";
import type { KindFeature } from "../documents/index.ts";
import { networkFeature } from "../networks/index.ts";
import { createServiceFeature, type ServiceFeaturePorts } from "../services/index.ts";

/** What the agent does about documents of a kind, beyond keeping them. A kind that is left out is nothing but content. */
export const kindFeatures = (ports: ServiceFeaturePorts) =>
  ({
    Network: networkFeature(ports),
    Service: createServiceFeature(ports),
  }) satisfies Partial<Record<DocumentKind, KindFeature>>;
