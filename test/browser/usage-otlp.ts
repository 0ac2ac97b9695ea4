/** Tracked requests of a small shop, for three accounts and four routes, as the preload sends them. */
import { newRequest, newSpanId, postLogs, postSpans } from './otlp-post.ts';

const routes = [
  { service: 'shop', method: 'GET', route: '/orders/:id', cpuMs: 4.2, waitMs: 18, heap: 420_000, out: 9_800 },
  { service: 'shop', method: 'POST', route: '/checkout', cpuMs: 31.5, waitMs: 240, heap: 3_100_000, out: 2_400 },
  {
    service: 'shop',
    method: 'GET',
    route: '/reports/monthly',
    cpuMs: 310,
    waitMs: 95,
    heap: 88_000_000,
    out: 1_900_000,
  },
  { service: 'inventory', method: 'POST', route: '/reserve', cpuMs: 2.4, waitMs: 36, heap: 260_000, out: 640 },
] as const;
const accounts = ['acme', 'globex', undefined] as const;

/** The ids of one checkout that is in all of them. */
export interface TrackedCheckout {
  readonly requestId: string;
  readonly traceId: string;
}

/** 24 requests, one of them cut off; none costs the same as another. */
export async function postTracked(otlpUrl: string, startMs: number): Promise<void> {
  for (let at = 0; at < 24; at += 1) {
    const { service, method, route, ...cost } = routes[at % routes.length] ?? routes[0];
    const account = accounts[at % accounts.length];
    const { requestId, traceId } = newRequest();
    const scale = 1 + at / 24;
    const durationMs = (cost.cpuMs + cost.waitMs) * scale;
    await postSpans({ otlpUrl, service, traceId, startMs: startMs + at * 1500 }, [
      {
        name: `${method} ${route}`,
        kind: 2,
        atMs: 0,
        forMs: durationMs,
        ...(at === 5 && { error: '' }),
        attributes: {
          'reqlens.request.id': requestId,
          'http.request.method': method,
          'http.route': route,
          'http.response.status_code': at === 5 ? 502 : 200,
          ...(account !== undefined && { 'reqlens.account.id': account }),
          'reqlens.usage.duration_ms': durationMs,
          'reqlens.usage.cpu_ms': cost.cpuMs * scale,
          'reqlens.usage.wait_ms': cost.waitMs * scale,
          'reqlens.usage.heap_allocated_bytes': Math.round(cost.heap * scale),
          'reqlens.usage.socket_written_bytes': Math.round(cost.out * scale),
          'reqlens.usage.method': 'segments/thread-cpu',
          'reqlens.usage.is_complete': at !== 2,
        },
      },
    ]);
  }
}

/** One checkout over two services, both tracked, with two log lines. */
export async function postTrackedCheckout(otlpUrl: string, startMs: number): Promise<TrackedCheckout> {
  const { requestId, traceId } = newRequest();
  const [root, call] = [newSpanId(), newSpanId()];
  const sender = { otlpUrl, service: 'shop', traceId, startMs };
  const common = { 'reqlens.request.id': requestId, 'reqlens.account.id': 'acme' };
  await postSpans(sender, [
    {
      id: root,
      name: 'POST /checkout',
      kind: 2,
      atMs: 0,
      forMs: 486.2,
      attributes: {
        ...common,
        'http.request.method': 'POST',
        'http.route': '/checkout',
        'http.response.status_code': 200,
        'reqlens.usage.duration_ms': 486.2,
        'reqlens.usage.cpu_ms': 141.25,
        'reqlens.usage.cpu_user_ms': 128,
        'reqlens.usage.cpu_system_ms': 13.25,
        'reqlens.usage.event_loop_ms': 162.3,
        'reqlens.usage.wait_ms': 323.9,
        'reqlens.usage.wait_busy_ms': 84.3,
        'reqlens.usage.wait_idle_ms': 239.6,
        'reqlens.usage.heap_allocated_bytes': 17_340_032,
        'reqlens.usage.external_memory_bytes': 65_536,
        'reqlens.usage.gc_ms': 3.2,
        'reqlens.usage.gc_count': 2,
        'reqlens.usage.threadpool_jobs': 1,
        'reqlens.usage.threadpool_estimated_ms': 8.5,
        'reqlens.usage.socket_read_bytes': 812,
        'reqlens.usage.socket_written_bytes': 20_480,
        'reqlens.usage.outgoing_requests': 1,
        'reqlens.usage.outgoing_read_bytes': 1204,
        'reqlens.usage.outgoing_written_bytes': 377,
        'reqlens.usage.file_read_bytes': 1_048_576,
        'reqlens.usage.method': 'segments/thread-cpu',
        'reqlens.usage.is_complete': true,
      },
    },
    { parent: root, name: 'load cart', atMs: 4, forMs: 60, attributes: common },
    { id: call, parent: root, name: 'POST', kind: 3, atMs: 80, forMs: 240, attributes: common },
    { parent: root, name: 'render receipt', atMs: 330, forMs: 150, attributes: common },
  ]);
  await postSpans({ ...sender, service: 'inventory' }, [
    {
      parent: call,
      name: 'POST /reserve',
      kind: 2,
      atMs: 90,
      forMs: 220,
      attributes: {
        ...common,
        'http.request.method': 'POST',
        'http.route': '/reserve',
        'reqlens.usage.cpu_ms': 2.5,
        'reqlens.usage.wait_ms': 217,
        'reqlens.usage.method': 'segments/wall-clock',
        'reqlens.usage.is_complete': false,
      },
    },
  ]);
  await postLogs(sender, 'checkout', [
    { span: root, atMs: 3, severity: 9, body: 'checkout begins', attributes: common },
    { span: root, atMs: 480, severity: 9, body: 'receipt sent', attributes: common },
  ]);
  return { requestId, traceId };
}
