/**
 * Stands in for the `typescript` package in our bundles: the Pulumi SDK loads that compiler (10 MB) only to
 * serialise functions, which a provider never does. To reach for it is an error, not a silent nothing.
 */
export default new Proxy(
  {},
  {
    get(_, name) {
      if (name === "__esModule") return true;
      throw new Error(`use typescript.${String(name)}: the compiler is not part of this bundle`);
    },
  },
);
