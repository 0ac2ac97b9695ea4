/** The public names of `reqlens`. */
export { ReqlensError } from './errors.ts';
export type { ReqlensErrorCode } from './errors.ts';
export { getLogger, setLogLevel } from './logs/named-logger.ts';
export type { NamedLogger } from './logs/named-logger.ts';
export { currentRequest } from './current-request.ts';
export type { CurrentRequest } from './current-request.ts';
export { setCaller } from './identity/caller.ts';
export type { CallerInput } from './identity/caller.ts';
export type { Caller } from './identity/request-scope.ts';
export { runTask } from './tasks/run-task.ts';
export { taskCause } from './tasks/task-cause.ts';
export type { TaskCause, TaskOptions } from './tasks/task-cause.ts';
export { startTelemetry } from './telemetry.ts';
export type { Telemetry } from './telemetry.ts';
export { readConfig } from './config/read-config.ts';
export type { ReadConfig } from './config/read-config.ts';
export type { Config, ConfigProblem } from './config/config.ts';
