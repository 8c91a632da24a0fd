import { Command } from "commander";

import { tidyEnvironment } from "./environment.ts";
import { CodedFailure, Failure } from "./failure.ts";
import { logCommand } from "./log/command.ts";
import { publishCommand } from "./publish/command.ts";
import { serveCommand } from "./serve/command.ts";
import { tailCommand } from "./tail/command.ts";
import { version } from "./version.ts";

const EXAMPLES = `
Examples:
  $ tidings serve --demo
  $ tidings tail http://localhost:3000 --topic 'orders/*'
  $ tidings publish orders/42 '{"state":"paid"}'

Each command has its own help: tidings serve --help
`;

/**
 * Runs the command that the arguments name; each loads what it needs only when it runs, so that all start fast. Sets the exit code; a failure is one line on stderr.
 */
export async function run(argv: readonly string[]): Promise<void> {
  const program = new Command("tidings")
    .description("Server push for the web over plain HTTP: a hub for Server-Sent Events.")
    .version(version(), "-v, --version", "print the version")
    .helpOption("-h, --help", "print this help")
    .helpCommand(false)
    .addHelpText("after", EXAMPLES);
  for (const command of [serveCommand(), publishCommand(), tailCommand(), logCommand()]) {
    for (const each of command.commands) withHelp(each, `${command.name()} ${each.name()}`);
    program.addCommand(withHelp(command, command.name()));
  }
  program.showHelpAfterError("See tidings --help.");

  try {
    tidyEnvironment(process.env);
    await program.parseAsync(argv);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    process.stderr.write(`error: ${error.message}\n`);
    process.exitCode = error instanceof CodedFailure ? error.exitCode : 1;
  }
}

function withHelp(command: Command, name: string): Command {
  return command.helpOption("-h, --help", "print this help").showHelpAfterError(`See tidings ${name} --help.`);
}
