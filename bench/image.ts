import { join } from "node:path";

/** `npm run images` has made it. */
export const imageLayout = join(import.meta.dirname, "../.images");
export const imageTag = "busybox";
