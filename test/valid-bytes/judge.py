"""Says what Google's own decoders make of OTLP requests, one after the other.

Reads lines of JSON from stdin, {"signal": "trace", "encoding": "json", "body": base64}, and answers each with a line: {"value": ...},
the message as protobuf's JSON mapping has it, or {"error": why no decoder takes it}. Needs Debian's python3-protobuf.
"""

import base64
import json
import sys
import warnings

from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory

# Messages by name, fields as "name type number", lists with a "*", oneofs with a "?" behind the type, optional fields with a "!".
# Written from https://github.com/open-telemetry/opentelemetry-proto/tree/v1.9.0, apart from the table in src/export on purpose.
MESSAGES = """
AnyValue: string_value string? 1, bool_value bool? 2, int_value int64? 3, double_value double? 4, array_value ArrayValue? 5, kvlist_value KeyValueList? 6, bytes_value bytes? 7
ArrayValue: values AnyValue* 1
KeyValueList: values KeyValue* 1
KeyValue: key string 1, value AnyValue 2
InstrumentationScope: name string 1, version string 2, attributes KeyValue* 3, dropped_attributes_count uint32 4
Resource: attributes KeyValue* 1, dropped_attributes_count uint32 2
TraceRequest: resource_spans ResourceSpans* 1
ResourceSpans: resource Resource 1, scope_spans ScopeSpans* 2, schema_url string 3
ScopeSpans: scope InstrumentationScope 1, spans Span* 2, schema_url string 3
Span: trace_id bytes 1, span_id bytes 2, trace_state string 3, parent_span_id bytes 4, flags fixed32 16, name string 5, kind SpanKind 6, start_time_unix_nano fixed64 7, end_time_unix_nano fixed64 8, attributes KeyValue* 9, dropped_attributes_count uint32 10, events Event* 11, dropped_events_count uint32 12, links Link* 13, dropped_links_count uint32 14, status Status 15
Event: time_unix_nano fixed64 1, name string 2, attributes KeyValue* 3, dropped_attributes_count uint32 4
Link: trace_id bytes 1, span_id bytes 2, trace_state string 3, attributes KeyValue* 4, dropped_attributes_count uint32 5, flags fixed32 6
Status: message string 2, code StatusCode 3
LogsRequest: resource_logs ResourceLogs* 1
ResourceLogs: resource Resource 1, scope_logs ScopeLogs* 2, schema_url string 3
ScopeLogs: scope InstrumentationScope 1, log_records LogRecord* 2, schema_url string 3
LogRecord: time_unix_nano fixed64 1, observed_time_unix_nano fixed64 11, severity_number SeverityNumber 2, severity_text string 3, body AnyValue 5, attributes KeyValue* 6, dropped_attributes_count uint32 7, flags fixed32 8, trace_id bytes 9, span_id bytes 10, event_name string 12
MetricsRequest: resource_metrics ResourceMetrics* 1
ResourceMetrics: resource Resource 1, scope_metrics ScopeMetrics* 2, schema_url string 3
ScopeMetrics: scope InstrumentationScope 1, metrics Metric* 2, schema_url string 3
Metric: name string 1, description string 2, unit string 3, gauge Gauge? 5, sum Sum? 7, histogram Histogram? 9, exponential_histogram ExponentialHistogram? 10
Gauge: data_points NumberDataPoint* 1
Sum: data_points NumberDataPoint* 1, aggregation_temporality AggregationTemporality 2, is_monotonic bool 3
Histogram: data_points HistogramDataPoint* 1, aggregation_temporality AggregationTemporality 2
ExponentialHistogram: data_points ExponentialHistogramDataPoint* 1, aggregation_temporality AggregationTemporality 2
NumberDataPoint: attributes KeyValue* 7, start_time_unix_nano fixed64 2, time_unix_nano fixed64 3, as_double double? 4, as_int sfixed64? 6, flags uint32 8
HistogramDataPoint: attributes KeyValue* 9, start_time_unix_nano fixed64 2, time_unix_nano fixed64 3, count fixed64 4, sum double! 5, bucket_counts fixed64* 6, explicit_bounds double* 7, flags uint32 10, min double! 11, max double! 12
ExponentialHistogramDataPoint: attributes KeyValue* 1, start_time_unix_nano fixed64 2, time_unix_nano fixed64 3, count fixed64 4, sum double! 5, scale sint32 6, zero_count fixed64 7, positive Buckets 8, negative Buckets 9, flags uint32 10, min double! 12, max double! 13, zero_threshold double 14
Buckets: offset sint32 1, bucket_counts uint64* 2
"""

# How many values each enum has, from 0.
ENUMS = {"SpanKind": 6, "StatusCode": 3, "SeverityNumber": 25, "AggregationTemporality": 3}

REQUESTS = {"trace": "TraceRequest", "logs": "LogsRequest", "metrics": "MetricsRequest"}

# Ids are hex in OTLP's JSON, where protobuf's has base64.
IDS = {"traceId", "spanId", "parentSpanId"}


def described():
    """The description of MESSAGES and ENUMS, as protoc would make it."""
    file = descriptor_pb2.FileDescriptorProto(name="otlp.proto", package="otlp", syntax="proto3")
    for name, count in ENUMS.items():
        enum = file.enum_type.add(name=name)
        for number in range(count):
            enum.value.add(name=f"{name}_{number}", number=number)
    for line in MESSAGES.strip().split("\n"):
        name, fields = line.split(": ")
        message = file.message_type.add(name=name)
        for field in fields.split(", "):
            add_field(message, *field.split(" "))
        # Those of "!" come last, as protoc has them.
        for field in message.field:
            if field.proto3_optional:
                field.oneof_index = len(message.oneof_decl)
                message.oneof_decl.add(name=f"_{field.name}")
    return file


def add_field(message, name, kind, number):
    field = message.field.add(name=name, number=int(number))
    field.label = field.LABEL_REPEATED if kind.endswith("*") else field.LABEL_OPTIONAL
    if kind.endswith("?"):
        if not message.oneof_decl:
            message.oneof_decl.add(name="value")
        field.oneof_index = 0
    field.proto3_optional = kind.endswith("!")
    scalar = kind.rstrip("*?!")
    if scalar in ENUMS:
        field.type, field.type_name = field.TYPE_ENUM, f".otlp.{scalar}"
    elif scalar[0].isupper():
        field.type, field.type_name = field.TYPE_MESSAGE, f".otlp.{scalar}"
    else:
        field.type = getattr(field, f"TYPE_{scalar.upper()}")


def without_doubles(pairs):
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError(f"a key twice among {[key for key, _ in pairs]}")
    return found


def no_constant(name):
    raise ValueError(f"{name} is not JSON")


def with_base64_ids(value):
    if isinstance(value, list):
        return [with_base64_ids(each) for each in value]
    if not isinstance(value, dict):
        return value
    return {
        key: base64.b64encode(bytes.fromhex(each)).decode() if key in IDS else with_base64_ids(each)
        for key, each in value.items()
    }


def refuse_unknown(message):
    """Fields that the description does not have are a mistake of ours."""
    if len(message.UnknownFields()) > 0:
        raise ValueError(f"unknown field {message.UnknownFields()[0].field_number} of {message.DESCRIPTOR.name}")
    for field, value in message.ListFields():
        if field.type == field.TYPE_MESSAGE:
            for each in value if field.label == field.LABEL_REPEATED else [value]:
                refuse_unknown(each)


def decoded(classes, asked):
    message = classes[asked["signal"]]()
    body = base64.b64decode(asked["body"])
    if asked["encoding"] == "json":
        text = body.decode("utf-8", "strict")
        value = json.loads(text, object_pairs_hook=without_doubles, parse_constant=no_constant)
        json_format.ParseDict(with_base64_ids(value), message)
    else:
        message.ParseFromString(body)
        refuse_unknown(message)
    check_ids(message)
    return json_format.MessageToDict(message, use_integers_for_enums=True)


def check_ids(message):
    """OpenTelemetry's Collector refuses a whole request for an id of another length."""
    for field, value in message.ListFields():
        if field.name.endswith("_id") and len(value) != (16 if field.name == "trace_id" else 8):
            raise ValueError(f"{field.name} of {len(value)} bytes")
        if field.type == field.TYPE_MESSAGE:
            for each in value if field.label == field.LABEL_REPEATED else [value]:
                check_ids(each)


def main():
    # "Not all data was converted" is only a warning, and a refusal anywhere else.
    warnings.simplefilter("error")
    pool = descriptor_pool.DescriptorPool()
    pool.Add(described())
    factory = message_factory.MessageFactory(pool)
    classes = {
        signal: factory.GetPrototype(pool.FindMessageTypeByName(f"otlp.{name}")) for signal, name in REQUESTS.items()
    }
    for line in sys.stdin:
        try:
            answer = {"value": decoded(classes, json.loads(line))}
        except Exception as error:  # Whatever it is, it is the answer.
            answer = {"error": f"{type(error).__name__}: {error}"[:500]}
        print(json.dumps(answer), flush=True)


main()
