import { element, find, say } from "./element.ts";

/** Commands that publish to this hub and listen to it from a shell, with the page's own address in them. */
export function createPublishSheet(): void {
  const { origin } = location;
  const curl = [
    `curl -X POST ${origin}/publish \\`,
    "  -H 'Content-Type: application/json' \\",
    `  -d '{"topic": "demo/chat", "event": "chat",`,
    `       "data": {"from": "curl", "text": "hello"}}'`,
  ];
  const cli = [
    "npx tidings publish demo/chat \\",
    `  '{"from": "shell", "text": "hello"}' \\`,
    `  --event chat --url ${origin}`,
  ];
  fill("command-curl", "curl", curl.join("\n"));
  fill("command-cli", "npx tidings publish", cli.join("\n"));
  fill("command-tail", "curl", `curl -N '${origin}/events?topic=demo/**'`);

  const copied = find("#copied", HTMLElement);
  for (const button of document.querySelectorAll<HTMLButtonElement>("button[data-copy]")) {
    button.addEventListener("click", () => {
      const command = find(`#${button.dataset["copy"] ?? ""}`, HTMLPreElement);
      void copy(command).then((words) => say(copied, words));
    });
  }
}

/** Puts a command into its place, the program's name in ink. */
function fill(id: string, program: string, command: string): void {
  const place = find(`#${id}`, HTMLPreElement);
  place.replaceChildren(element("b", { text: program }), document.createTextNode(command.slice(program.length)));
}

async function copy(command: HTMLPreElement): Promise<string> {
  try {
    await navigator.clipboard.writeText(command.textContent ?? "");
    return "Copied. Run it in a shell and watch the chat.";
  } catch {
    getSelection()?.selectAllChildren(command);
    return "This browser lets no page copy here. The command is selected: copy it with the keyboard.";
  }
}
