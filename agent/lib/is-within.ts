/** Whether a path is that folder or lies in it. Both absolute and without dots; links are the caller's matter. */
export function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder === "/" ? "/" : `${folder}/`);
}
