/** REQLENS_LOG_LEVEL_<NAME>: the spelling of the variables that set the level of one logger. Pure. */

export const levelVariablePrefix = 'REQLENS_LOG_LEVEL_';

/** @returns The variable of that logger, e.g. `REQLENS_LOG_LEVEL_WORDPRESS_API` of `wordpress-api`: shells take no other characters in names. */
export function levelVariableFor(name: string): string {
  return `${levelVariablePrefix}${levelPartFor(name)}`;
}

/** @returns The logger's part of that variable, which is its key in `config.logs.levels`. Two names may share one, e.g. `a.b` and `a_b`. */
export function levelPartFor(name: string): string {
  return name.toUpperCase().replaceAll(/[^A-Z\d]/g, '_');
}

/** Whether some logger's level would be read from the variable. A logger's name begins with a letter or digit, and so does its part. */
export function isLevelVariable(variable: string): boolean {
  return /^REQLENS_LOG_LEVEL_[A-Z\d][A-Z\d_]{0,63}$/.test(variable);
}
