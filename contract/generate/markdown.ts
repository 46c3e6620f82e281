/** A page that says where it comes from: an edit of it would be lost. */
export function page(title: string, ...parts: readonly string[]): string {
  const origin = "<!-- Generated from contract/ by `npm run generate`. -->";
  return `${[origin, `# ${title}`, ...parts.filter((part) => part !== "")].join("\n\n")}\n`;
}

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return "";
  const line = (cells: readonly string[]) => `| ${cells.map(cell).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

/** Text as code; the empty text stays empty. */
export function code(text: string): string {
  return text === "" ? "" : `\`${text}\``;
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll("\n", " ");
}
