/** A fenced block of a Markdown page. */
export interface Fence {
  readonly language: string;
  readonly text: string;
  /** What the HTML comment right before the fence says: `<!-- recipe: express -->` is `recipe: express`. */
  readonly comment: string | undefined;
}

/** The fenced blocks of a Markdown page, in order. */
export function fencesOf(markdown: string): Fence[] {
  const fences = markdown.matchAll(/(?:^<!--\s*(.*?)\s*-->\s*\n\s*)?^```(\w+)[^\n]*\n(.*?)^```\s*$/gms);
  return [...fences].map(([, comment, language = "", text = ""]) => ({ language, text, comment }));
}

/** The commands of a `sh` block: a line each, or several where a line ends with a backslash or inside quotes. */
export function commandsOf(text: string): string[] {
  const lines = text.replaceAll(/(?:^|\s)#\s.*$/gm, "");
  return (lines.match(/(?:'[^']*'|"[^"]*"|\\\n|.)+/g) ?? []).map((command) => command.trim()).filter(Boolean);
}
