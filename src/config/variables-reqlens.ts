/** The variables of our own: REQLENS_*. */
import { logVariables } from './variables-logs.ts';
import { usageVariables } from './variables-usage.ts';
import { waitingVariables } from './variables-waiting.ts';
import type { Variable } from './variables.ts';

const list = 'a list of addresses, CIDR blocks, `loopback`, `private`';
const peers = `\`always\`, \`never\`, or ${list}`;
const trusted = `\`always\`, \`never\`, \`proxy\`, or ${list}`;

export const reqlensVariables: readonly Variable[] = [
  {
    name: 'REQLENS_TRUST_REQUEST_ID',
    section: 'Request id',
    meaning:
      'Whose request id is kept: that of clients whose address is in this list. Behind trusted proxies the client is the one they name. Everybody else gets a new id. `proxy`: every id that a trusted proxy sends is kept.',
    type: trusted,
    default: 'loopback,private',
  },
  {
    name: 'REQLENS_TRUST_TRACEPARENT',
    section: 'Request id',
    meaning:
      'Whose incoming trace is continued and whose baggage is kept; as `REQLENS_TRUST_REQUEST_ID`. Others start a new trace with a span link to theirs.',
    type: trusted,
    default: 'loopback,private',
  },
  {
    name: 'REQLENS_TRUSTED_PROXIES',
    section: 'Request id',
    meaning:
      'Proxies whose word about the client is believed. The client is the first address, read from the right of the forwarding header, that is not one of these; spans have it as `client.address`.',
    type: peers,
    default: 'loopback,private',
  },
  {
    name: 'REQLENS_FORWARDED_HEADER',
    section: 'Request id',
    meaning:
      'Where trusted proxies name the client. `auto`: `Forwarded` and `X-Forwarded-For`; where both are there, they must name the same client. A header that is not `forwarded` is read as `X-Forwarded-For` is.',
    type: '`auto`, `none`, or the name of an HTTP header, e.g. `x-forwarded-for`, `cf-connecting-ip`',
    default: 'auto',
  },
  {
    name: 'REQLENS_REQUEST_ID_HEADER',
    section: 'Request id',
    meaning: 'The header that carries the request id, in requests and responses.',
    type: 'name of an HTTP field that has no meaning of its own',
    default: 'x-request-id',
  },
  {
    name: 'REQLENS_SEND_REQUEST_ID_TO',
    section: 'Request id',
    meaning:
      'Which hosts get the request id with an outgoing request. `loopback` means `localhost` too, `private` names without a dot and those ending in `.internal`, `.local` and `.home.arpa`.',
    type: `${peers}, host names, \`*.suffix\``,
    default: 'loopback,private',
  },
  {
    name: 'REQLENS_HTTP_SERVER',
    section: 'HTTP server',
    meaning: "Whose instrumentation makes the server spans: ours, or OpenTelemetry's `instrumentation-http`.",
    type: '`reqlens` or `otel`',
    default: 'reqlens',
  },
  {
    name: 'REQLENS_SERVER_TIMING',
    section: 'HTTP server',
    meaning:
      'Answers carry `Server-Timing: traceparent;desc="..."`, from which a browser agent can link its trace. Only with `REQLENS_HTTP_SERVER=reqlens`.',
    type: 'boolean',
    default: 'false',
  },
  {
    name: 'REQLENS_HTTP_CLIENT',
    section: 'HTTP client',
    meaning:
      "Whose instrumentation makes the spans of outgoing requests: ours, or OpenTelemetry's `instrumentation-http` and `-undici`.",
    type: '`reqlens` or `otel`',
    default: 'reqlens',
  },
  {
    name: 'REQLENS_REDACT_QUERY',
    section: 'General',
    meaning:
      "Names of query parameters whose values spans never record. Case, `-` and `_` make no difference, and a part of a name counts too (`filter[token]`, `user.password`). Names are added to the default list (`docs/configuration.md`). `none` alone leaves the four of OpenTelemetry's convention: `sig`, `Signature`, `AWSAccessKeyId`, `X-Goog-Signature`.",
    type: 'list of names; or `none`',
    default: 'default',
  },
  {
    name: 'REQLENS_ACCOUNT_BAGGAGE',
    section: 'Request id',
    meaning:
      "The caller's account goes along with outgoing requests, as `reqlens.account.id` in their `baggage`, to the hosts of `REQLENS_SEND_REQUEST_ID_TO`.",
    type: 'boolean',
    default: 'false',
  },
  ...usageVariables,
  {
    name: 'REQLENS_INSTRUMENTATIONS',
    section: 'Process',
    meaning:
      'OpenTelemetry instrumentations that the application has installed, to be switched on for `import` and `require` alike.',
    type: 'list of package names, e.g. `@opentelemetry/instrumentation-express`',
    whenUnset: 'none',
  },
  ...logVariables,
  ...waitingVariables,
  {
    name: 'REQLENS_SHUTDOWN_TIMEOUT',
    section: 'Process',
    meaning:
      'The longest that an exit may be delayed to send what is left. 0: what is left is neither sent nor written to disk, it is lost.',
    type: 'milliseconds, 0 to 600000',
    default: '1000',
  },
  {
    name: 'REQLENS_STARTUP_LINE',
    section: 'Process',
    meaning: 'Says in one line on stderr at the start the most important of what is in force, secrets left out.',
    type: 'boolean',
    default: 'false',
  },
];
