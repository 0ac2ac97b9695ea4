/** Where Node's options name our preload, in a list of arguments and in NODE_OPTIONS. Pure: what a name leads to is asked. */

/** @returns What stands for the specifier from every directory; undefined when it is not ours, or does so already. */
export type Absolute = (specifier: string, flag: PreloadFlag) => string | undefined;

/** `require` takes paths and no URLs, `import` the other way round (a path of Windows is no URL). */
export type PreloadFlag = 'import' | 'require';

const flags: ReadonlyMap<string, PreloadFlag> = new Map([
  ['--import', 'import'],
  ['--require', 'require'],
  ['-r', 'require'],
]);

/** @returns The same list with our specifier replaced, and everything else as it is. */
export function withAbsoluteArguments(args: readonly string[], absolute: Absolute): string[] {
  return args.map((argument, index) => {
    const before = flags.get(args[index - 1] ?? '');
    if (before !== undefined) return absolute(argument, before) ?? argument;
    const [, name = '', specifier = ''] = /^(--import|--require|-r)=(.*)$/s.exec(argument) ?? [];
    const flag = flags.get(name);
    const replaced = flag === undefined ? undefined : absolute(specifier, flag);
    return replaced === undefined ? argument : `${name}=${replaced}`;
  });
}

/** @returns What the options load by `--require`, in their order. */
export function requiredModules(args: readonly string[], nodeOptions: string): string[] {
  const found: string[] = [];
  const note: Absolute = (specifier, flag) => {
    if (flag === 'require') found.push(specifier);
    return undefined;
  };
  withAbsoluteOptions(nodeOptions, note);
  withAbsoluteArguments(args, note);
  return found;
}

interface Token {
  readonly value: string;
  readonly start: number;
  readonly end: number;
}

/** @returns NODE_OPTIONS with our specifier replaced, and everything else byte for byte. */
export function withAbsoluteOptions(nodeOptions: string, absolute: Absolute): string {
  const tokens = tokensOf(nodeOptions);
  const replaced = withAbsoluteArguments(
    tokens.map(({ value }) => value),
    absolute,
  );
  let result = nodeOptions;
  // From the right, so that the places of those before stay what they are.
  for (const [index, { value, start, end }] of [...tokens.entries()].toReversed()) {
    const now = replaced[index] ?? value;
    if (now !== value) result = result.slice(0, start) + quoted(now) + result.slice(end);
  }
  return result;
}

/** As Node reads it: spaces divide, double quotes hold together, and a backslash inside them takes the next character as it is. */
function tokensOf(text: string): Token[] {
  return Array.from(text.matchAll(/(?:"(?:\\.|[^"\\])*"|[^ "])+/gs), ({ 0: written, index }) => ({
    value: written.replaceAll(/"((?:\\.|[^"\\])*)"/gs, (_, inside: string) => inside.replaceAll(/\\(.)/gs, '$1')),
    start: index,
    end: index + written.length,
  }));
}

function quoted(value: string): string {
  return /[ "]/.test(value) ? `"${value.replaceAll(/["\\]/g, String.raw`\$&`)}"` : value;
}
