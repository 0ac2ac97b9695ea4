/** Where the lines of each named logger go: console, file, collector, and the logger above it. One line, many sinks; none stops another. */
import type { Config, LogFormat, LoggerSettings } from '../config/config.ts';
import { openLogFile } from '../files/open-log-file.ts';
import { DescriptorWriter } from '../standard-streams/descriptor-writer.ts';
import { FileSink } from './file-sink.ts';
import type { LogLine } from './line-writer.ts';
import { emitLogLine } from './otlp-bridge.ts';
import { textLine } from './text-line.ts';

export interface OutputParts {
  readonly settings: Pick<Config['logs'], 'loggers' | 'level' | 'format'>;
  /** Says something on stderr, each cause once. */
  readonly report: (cause: string, message: string) => void;
  /** Whether lines for the collector have to wait, or go nowhere: no exporter, or nobody answers. */
  readonly isCollectorAway: () => boolean;
  /** Called for every line. */
  readonly onLine: () => void;
  /** In a worker thread nothing runs any more when the process ends: every line is handed over at once. */
  readonly isSync: boolean;
}

/** Of one logger. */
export interface LoggerOutput {
  readonly write: (line: LogLine) => void;
  /** Hands everything to the operating system. */
  readonly flush: () => void;
}

/** Lines in both forms; the second is made when the first sink asks for it. */
class Forms {
  readonly #json: string;
  #text: string | undefined;

  constructor(json: string) {
    this.#json = json;
  }

  in(format: LogFormat): string {
    return format === 'json' ? this.#json : (this.#text ??= textLine(this.#json));
  }
}

/** Bytes that wait while a pipe is full: some ten thousand lines, a minute of a busy service. */
const maxConsoleBytes = 4 * 1024 * 1024;

/**
 * Has the error that ends the process (uncaught.ts). Unless it is configured it has no console: Node prints that error itself, and what
 * else stands on stdout may be for a machine to read.
 */
const silentLogger = 'process';

interface Sinks {
  readonly settings: LoggerSettings;
  readonly file: FileSink | undefined;
}

export class LoggerOutputs {
  readonly #parts: OutputParts;
  readonly #stdout: DescriptorWriter;
  readonly #stderr: DescriptorWriter;
  readonly #sinks = new Map<string, Sinks>();
  #hasEnded = false;

  constructor(parts: OutputParts) {
    this.#parts = parts;
    const options = { report: parts.report, maxWaitingBytes: maxConsoleBytes, isBrief: false };
    this.#stdout = new DescriptorWriter(1, options);
    this.#stderr = new DescriptorWriter(2, options);
  }

  /** A name without settings writes to the console and the collector. */
  outputFor(name: string): LoggerOutput {
    const own = this.#sinksFor(name);
    const above = own.settings.propagates ? this.#above(name) : [];
    const files = [own, ...above].flatMap(({ file, settings: { format } }) =>
      file === undefined ? [] : [{ file, format }],
    );
    // However many of them print: a line stands on the console once.
    const console = [own, ...above].find(({ settings }) => settings.hasConsole)?.settings.format;
    const hasOtlp = [own, ...above].some(({ settings }) => settings.hasOtlp);
    const { isCollectorAway, onLine } = this.#parts;
    const isSilent = name === silentLogger && this.#settingsOf(name) === undefined;
    const needsConsole = console === undefined && files.length === 0 && !isSilent;
    return {
      write: (line) => {
        onLine();
        const forms = new Forms(line.json);
        if (console !== undefined) this.#stdout.write(forms.in(console));
        else if (needsConsole && (!hasOtlp || isCollectorAway())) this.#stderr.write(forms.in(own.settings.format));
        for (const { file, format } of files) file.write(forms.in(format));
        if (hasOtlp) emitLogLine(name, line);
      },
      flush: () => {
        for (const { file } of files) file.flush();
      },
    };
  }

  flush(): void {
    for (const { file } of this.#sinks.values()) file?.flush();
  }

  /** Lines from here on are handed over one by one. */
  endFiles(): void {
    this.#hasEnded = true;
    for (const { file } of this.#sinks.values()) file?.end();
  }

  /** The process is about to end: lines from here on are written one by one. The console's reader is waited for at most this long. */
  end(timeoutMs: number): void {
    this.endFiles();
    const endMs = performance.now() + timeoutMs;
    for (const writer of [this.#stdout, this.#stderr]) writer.drain(Math.max(0, endMs - performance.now()));
  }

  #sinksFor(name: string): Sinks {
    const known = this.#sinks.get(name);
    if (known !== undefined) return known;
    const settings = this.#settingsOf(name) ?? this.#withoutSettings(name);
    const sinks = { settings, file: this.#fileFor(settings) };
    this.#sinks.set(name, sinks);
    return sinks;
  }

  #settingsOf(name: string): LoggerSettings | undefined {
    return this.#parts.settings.loggers.find((settings) => settings.name === name);
  }

  #withoutSettings(name: string): LoggerSettings {
    const { level, format } = this.#parts.settings;
    const hasConsole = name !== silentLogger;
    return { name, level, file: undefined, format, hasConsole, hasOtlp: true, propagates: false };
  }

  #fileFor({ file: settings, hasConsole, name }: LoggerSettings): FileSink | undefined {
    if (settings === undefined) return undefined;
    const { report } = this.#parts;
    const sink = new FileSink(openLogFile(settings, report), {
      path: settings.path,
      isSync: settings.isSync || this.#parts.isSync || this.#hasEnded,
      // What the console has already is not said twice; a logger without one speaks on stderr, out of the way of a program's output.
      fallback: (lines) => {
        if (!hasConsole || this.#stdout.isGone) this.#stderr.write(lines);
      },
      report: (cause, message) => report(`${cause} of ${name}`, message),
    });
    return sink;
  }

  /** The nearest configured ancestor by dots, else `root`; and so on upwards while these propagate too. */
  #above(name: string): readonly Sinks[] {
    const parent = this.#parentOf(name);
    if (parent === undefined) return [];
    const sinks = this.#sinksFor(parent);
    return [sinks, ...(sinks.settings.propagates ? this.#above(parent) : [])];
  }

  #parentOf(name: string): string | undefined {
    for (let dot = name.lastIndexOf('.'); dot > 0; dot = name.lastIndexOf('.', dot - 1)) {
      const parent = name.slice(0, dot);
      if (this.#settingsOf(parent) !== undefined) return parent;
    }
    return name !== 'root' && this.#settingsOf('root') !== undefined ? 'root' : undefined;
  }
}
