/** From what a user types to what it means: an instance's id, a slot, a service, with or without a namespace. */
export * from "./resolve.ts";
export * from "./scope.ts";
export * from "./service.ts";
