/** This command's version; `cli.test.ts` compares it with package.json. */
export const version = "0.1.0";
