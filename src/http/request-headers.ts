/** What is asked of the headers of a request that is about to leave, in whatever form they are kept. The application's stay as they are. */

/** Reads and completes the headers of one request. Names are lower case; what is sent has the spelling given. */
export interface RequestHeaders {
  /** What the application has set under that name, in order; empty when nothing. */
  readonly values: (name: string) => readonly string[];
  /** Only for a name that has no values. */
  readonly add: (spelling: string, value: string) => void;
  /** All fields of that name give way to one, or to none. */
  readonly replace: (spelling: string, value: string | undefined) => void;
}

/** Of a name that has no values. */
export const noValues: readonly string[] = [];

/** @param name - Lower case. */
export function isFieldOf(line: string, name: string): boolean {
  return line[name.length] === ':' && line.slice(0, name.length).toLowerCase() === name;
}
