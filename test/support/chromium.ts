/** Debian's Chromium for the browser tests: one process per file, one private window per test, watched for anything improper. */
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';

/** Where Debian's package puts it; `.ci/run` installs it. */
const executablePath = '/usr/bin/chromium';
/** CI runs as root, where Chromium's own sandbox does not start; the rest keeps it from calling home. */
const args = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** A window, and what went wrong in it. */
export interface Window {
  readonly context: BrowserContext;
  readonly page: Page;
  /** Errors, refused resources and requests to other hosts, in order; empty when all is well. */
  readonly complaints: readonly string[];
}

/** What a window looks like. */
export interface WindowOptions {
  /** Scheme, host and port: the only ones that may be asked for anything. */
  readonly origin: string;
  readonly colorScheme?: 'light' | 'dark';
  readonly width?: number;
}

/** @throws when Chromium is not installed. */
export function launchChromium(): Promise<Browser> {
  return chromium.launch({ executablePath, headless: true, args });
}

/** @returns A window with an empty storage, 800 pixels high. */
export async function openWindow(browser: Browser, options: WindowOptions): Promise<Window> {
  const context = await browser.newContext({
    colorScheme: options.colorScheme ?? 'light',
    viewport: { width: options.width ?? 1280, height: 800 },
    permissions: ['clipboard-read', 'clipboard-write'],
    baseURL: options.origin,
  });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(`page error: ${error.message}`));
  page.on('console', (message) => {
    if (message.type() !== 'error' && message.type() !== 'warning') return;
    // Chromium reports each refused answer here too; that one is checked where the answer is expected.
    if (/status of 404/.test(message.text())) return;
    complaints.push(`console ${message.type()}: ${message.text()}`);
  });
  page.on('request', (request) => {
    const { origin, protocol } = new URL(request.url());
    if (origin !== options.origin && protocol !== 'data:') complaints.push(`request to ${request.url()}`);
  });
  return { context, page, complaints };
}
