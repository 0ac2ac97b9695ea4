// The embedded collector as a child that can be killed: tells its address when it listens, and ends with its parent.
import { startCollector } from '../../dist/collector/collector.js';

const options = {
  otlpPort: 0,
  viewerPort: 0,
  dataDir: process.env.CHAOS_DATA_DIR,
  retentionHours: 24 * 365,
  maxMb: 65_536,
};
const collector = await startCollector(options, () => undefined);
process.send({ url: collector.otlpUrl, viewer: collector.viewerUrl });
process.on('SIGTERM', () => void collector.close().then(() => process.exit(0)));
process.on('disconnect', () => process.exit());
