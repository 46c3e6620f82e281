/**
 * From what the API answers to lines for people: tables, descriptions, events in words.
 * Invariant: pure, and generic over kinds; a secret shows as its digest alone.
 */
export { describeDocument } from "./document.ts";
export { concernsDocument, concernsInstance, eventLine, eventWords } from "./events.ts";
export { describeExplanation } from "./explanation.ts";
export { describeInstance } from "./instance.ts";
export { serviceSummary } from "./service-summary.ts";
export { hostState } from "./states.ts";
export { hostTable, instanceTable, serverTable, serviceTable, type View } from "./tables.ts";
