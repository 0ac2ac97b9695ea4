/** The package's own version; test/package.test.ts compares it with package.json. */
export const version = '0.1.0';
