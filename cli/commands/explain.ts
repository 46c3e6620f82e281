import { describeExplanation } from "../describe/index.ts";
import { notFound, parseReference } from "../names/index.ts";
import type { Action } from "../session/index.ts";

/** `--json`: the API's answer, an `Explanation`. */
export const explain: Action = async ({ session, args }) => {
  const { output } = session;
  const agent = await session.agent();
  const reference = parseReference(args[0] ?? "", session.namespace);
  const explanation = await agent.explainService(reference);
  if (explanation === undefined) throw notFound(reference, [], await agent.listDocuments("services"));
  if (session.isJson) await output.json(explanation);
  else await output.lines(describeExplanation(explanation, session));
  return 0;
};
