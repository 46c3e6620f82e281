import type { ComponentResourceOptions } from "@pulumi/pulumi";
import { ConstellationError, components } from "../../contract/index.ts";
import { constructs } from "../components/index.ts";
import { type ConstructRequest, type ConstructResponse, protocol, Struct } from "./protocol.ts";
import type { Provider } from "./provider.ts";

/**
 * Registers a component and its children with the engine. This file alone uses the SDK's internal runtime, which
 * has no public way to serve `Construct`: the SDK's version is pinned for it. Loaded on the first component only.
 */
export async function construct(request: ConstructRequest, provider: Provider): Promise<ConstructResponse> {
  const type = request.getType();
  const name = Object.keys(components).find((candidate) => components[candidate]?.token === type);
  const make = constructs[name ?? ""];
  if (make === undefined) {
    throw new ConstellationError(
      "unknown-kind",
      `construct ${type}: version ${provider.version} of this provider has no such component`,
    );
  }
  const sdk = await loadSdk();
  return sdk.state.withLocalStorage(async () => {
    await configureRuntime(sdk, request, provider);
    const inputs = await sdk.server.deserializeInputs(request.getInputs(), request.getInputdependenciesMap());
    const { component, state } = make(sdk.pulumi, {
      ...{ type, inputs },
      name: request.getName(),
      options: optionsOf(sdk, request),
    });
    const response = new protocol.ConstructResponse();
    response.setUrn(await promiseOf(component.urn));
    const [properties, dependencies] = await sdk.rpc.serializeResourceProperties(`construct(${type})`, state);
    for (const [key, resources] of dependencies) {
      const urns = await Promise.all(
        [...resources].map((resource: { urn: unknown }) => promiseOf(resource.urn)),
      );
      const found = new protocol.ConstructResponse.PropertyDependencies();
      found.setUrnsList(urns);
      response.getStatedependenciesMap().set(key, found);
    }
    response.setState(Struct.fromJavaScript(properties));
    await sdk.settings.waitForRPCs();
    return response;
  });
}

type Sdk = Awaited<ReturnType<typeof loadSdk>>;

async function loadSdk() {
  const [pulumi, state, settings, config, rpc, server] = await Promise.all([
    import("@pulumi/pulumi"),
    import("@pulumi/pulumi/runtime/state.js"),
    import("@pulumi/pulumi/runtime/settings.js"),
    import("@pulumi/pulumi/runtime/config.js"),
    import("@pulumi/pulumi/runtime/rpc.js"),
    import("@pulumi/pulumi/provider/server.js"),
  ]);
  return {
    pulumi: unwrap(pulumi),
    state: unwrap(state) as unknown as { withLocalStorage<T>(run: () => Promise<T>): Promise<T> },
    settings: unwrap(settings) as unknown as {
      resetOptions(...options: unknown[]): void;
      awaitFeatureSupport(): Promise<void>;
      waitForRPCs(): Promise<void>;
    },
    config: unwrap(config) as unknown as {
      setAllConfig(config: Record<string, string>, secretKeys: string[]): void;
    },
    rpc: unwrap(rpc) as unknown as {
      serializeResourceProperties(
        label: string,
        state: unknown,
      ): Promise<[Record<string, never>, Map<string, Set<{ urn: unknown }>>]>;
    },
    server: unwrap(server) as unknown as {
      deserializeInputs(inputs: unknown, dependencies: unknown): Promise<Record<string, never>>;
    },
  };
}

/** CommonJS modules arrive whole under `default`. */
function unwrap<T extends object>(module: T & { default?: unknown }): T {
  return (module.default ?? module) as T;
}

function promiseOf(output: unknown): Promise<string> {
  return (output as { promise(): Promise<string> }).promise();
}

async function configureRuntime(
  { settings, config }: Sdk,
  request: ConstructRequest,
  provider: Provider,
): Promise<void> {
  settings.resetOptions(
    request.getProject(),
    request.getStack(),
    request.getParallel(),
    provider.log.address(),
    request.getMonitorendpoint(),
    request.getDryrun(),
    request.getOrganization(),
  );
  await settings.awaitFeatureSupport();
  const values: Record<string, string> = {};
  request.getConfigMap().forEach((value: string, key: string) => {
    values[key] = value;
  });
  config.setAllConfig(values, request.getConfigsecretkeysList());
}

function optionsOf({ pulumi }: Sdk, request: ConstructRequest): ComponentResourceOptions {
  const parent = request.getParent();
  const providers: Record<string, InstanceType<typeof pulumi.DependencyProviderResource>> = {};
  request.getProvidersMap().forEach((reference: string, name: string) => {
    providers[name] = new pulumi.DependencyProviderResource(reference);
  });
  return {
    dependsOn: request.getDependenciesList().map((urn) => new pulumi.DependencyResource(urn)),
    protect: request.getProtect() ?? false,
    providers,
    ...(parent === "" ? {} : { parent: new pulumi.DependencyResource(parent) }),
  };
}
