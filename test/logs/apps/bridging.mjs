/** A preload of an application's own, which switches on the bridges that BRIDGES names. */
import { readConfig, startTelemetry } from 'reqlens';

const { config } = readConfig(process.env);
const wanted = process.env.BRIDGES ?? '';
startTelemetry({
  ...config,
  logs: { ...config.logs, bridgesPino: wanted.includes('pino'), bridgesConsole: wanted.includes('console') },
});
