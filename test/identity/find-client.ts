/** The rule that finds clients, as the environment asks for it. */
import { readConfig } from '../../src/config/read-config.ts';
import { clientFinder } from '../../src/identity/client.ts';
import type { FindClient } from '../../src/identity/client.ts';

/** @throws When a variable is not usable. */
export function findBy(env: Readonly<Record<string, string>>): FindClient {
  const { config, problems } = readConfig(env);
  if (problems.length > 0) throw new Error(JSON.stringify(problems));
  return clientFinder(config);
}
