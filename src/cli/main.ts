#!/usr/bin/env node
/** The command line: `reqlens <command>`. Each command is loaded only when it is asked for. */
import { nearestName } from '../config/nearest-name.ts';
import { version } from '../version.ts';

interface Command {
  readonly meaning: string;
  readonly run: (argv: readonly string[]) => Promise<void>;
}

const commands: ReadonlyMap<string, Command> = new Map<string, Command>([
  [
    'collector',
    {
      meaning: 'Receive OTLP on this machine, keep it, and show it in a browser.',
      run: async (argv) => {
        const { collectorCommand } = await import('../../collector/main.ts');
        await collectorCommand(argv);
      },
    },
  ],
  [
    'logs',
    {
      meaning: "Print the lines of named loggers, across rotation, and one request's alone.",
      run: async (argv) => {
        const { logsCommand } = await import('./logs.ts');
        await logsCommand(argv);
      },
    },
  ],
  [
    'token',
    {
      meaning: 'Sign a token that lets its holder see what requests used.',
      run: async (argv) => {
        const { tokenCommand } = await import('./token.ts');
        await tokenCommand(argv);
      },
    },
  ],
]);

await main(process.argv.slice(2));

async function main([name, ...argv]: readonly string[]): Promise<void> {
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    process.stdout.write(help());
    process.exitCode = name === undefined ? 2 : 0;
  } else if (name === '--version' || name === '-v') {
    process.stdout.write(`${version}\n`);
  } else {
    await runCommand(name, argv);
  }
}

async function runCommand(name: string, argv: readonly string[]): Promise<void> {
  const command = commands.get(name);
  if (command !== undefined) {
    await command.run(argv);
    return;
  }
  const meant = nearestName(name, [...commands.keys()], 2);
  const hint = meant === undefined ? 'see reqlens --help' : `did you mean ${meant}?`;
  const expected = [...commands.keys()].join(', ');
  process.stderr.write(
    `reqlens: expected a command (${expected}), got ${JSON.stringify(name.slice(0, 60))}; ${hint}\n`,
  );
  process.exitCode = 2;
}

function help(): string {
  const lines = Array.from(commands, ([name, { meaning }]) => `  ${name.padEnd(14)}${meaning}`);
  return `Usage: reqlens <command> [options]\n\n${lines.join('\n')}\n\n  --help        Show this text; after a command, that command's options.\n  --version     Show the version.\n`;
}
