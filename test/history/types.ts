/** A document as a client saw it: its content, and the etag of the store's revision. */
export interface Version {
  readonly value: string;
  readonly etag: string;
}

/** One call of one client, and what it learnt of it: what the checker reads, a line each. */
export interface Operation {
  readonly client: number;
  /** The document's name. */
  readonly key: string;
  readonly kind: "get" | "put" | "delete";
  /** What a put or delete is bound to; a put without it creates. */
  readonly ifMatch?: string;
  /** What a put writes: no two write the same. */
  readonly value?: string;
  /** Nanoseconds, from 1. */
  readonly call: number;
  /** Absent where the outcome is unknown: it may take effect at any time after the call, or never. */
  readonly return?: number;
  readonly outcome: "done" | "refused" | "unknown";
  /** What a get found, or a put made; absent where a get found nothing. */
  readonly found?: Version;
}

/** Whether a single, faultless server could have given all those answers; if not, where the explanation ends. */
export interface Verdict {
  /** `unknown`: the search for an order took too long. */
  readonly verdict: "linearizable" | "illegal" | "unknown";
  readonly operations: number;
  readonly key?: string;
  /** The last operations of the longest order that explains a part of the key's. */
  readonly before?: readonly Operation[];
  /** What comes next, of which none fits. */
  readonly stuck?: readonly Operation[];
}
