#include "scenarios/schema.h"

namespace weir::scenarios {

namespace {

constexpr std::string_view kSchema =
    R"json({"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "weir scenario", "type":
"object", "properties": {"name": {"type": "string"}, "target": {"type": "string", "pattern":
"^ *https?://", "description": "where requests go; --target replaces it"}, "defaults": {
"$ref": "#/$defs/defaults"}, "data": {"$ref": "#/$defs/data"}, "flows": {"type": "array",
"items": {"$ref": "#/$defs/flow"}, "minItems": 1}, "steps": {"$ref": "#/$defs/steps"}, "scenarios":
{"$ref": "#/$defs/scenarios"}, "load": {"$ref": "#/$defs/load"}, "thresholds": {"type": "array", "items": {"type": ["string",
"object"]}, "description": "p(95) < 200ms, STEP: p(99) < 1s, p(95){kind:api} < 1s, rate > 9/s over 10s abort after 30s"},
"cookies": {"enum": ["none", "round", "user"]}, "replay": {"$ref": "#/$defs/replay"}, "protocol": {"enum": ["http1", "h2"]},
"streams": {"type": ["integer", "string"]}, "pipeline": {"type": ["integer", "string"]},
"engine": {"enum": ["native", "curl"]}, "tls": {"$ref": "#/$defs/tls"}, "curl": {"type":
"object"}}, "additionalProperties": false, "anyOf": [{"required": ["load"]}, {"required": ["replay"]},
{"required": ["scenarios"]}],
"$defs": {"duration": {
"type": ["string", "number"], "pattern": "^ *[0-9.]+ *(ns|us|µs|ms|s|m|min|h|d)? *$",
"description": "a time: 250ms, 5s, 2m"}, "headers": {"type": "object", "additionalProperties":
{"type": ["string", "number", "boolean"]}, "description": "names and values, slots allowed"},
"auth": {"anyOf": [{"type": "object", "properties": {"basic": {"type": "string",
"description": "user:password"}}, "additionalProperties": false, "required": ["basic"]}, {
"type": "object", "properties": {"bearer": {"type": "string", "description": "a token"}},
"additionalProperties": false, "required": ["bearer"]}]}, "check": {"type": "object",
"properties": {"status": {"type": ["integer", "string", "array"], "items": {"type": [
"integer", "string"]}, "description": "200, [200, 304], 2xx or 200..299; default 100 to 399"},
"body": {"type": ["string", "array"], "items": {"type": "string"}, "description":
"a text that occurs in it, or /expression/"}, "exit": {"type": ["integer", "string", "array"],
"items": {"type": ["integer", "string"]}, "description": "exit codes of a program"}, "stdout":
{"type": ["string", "array"], "items": {"type": "string"}, "description":
"what a program writes"}}, "additionalProperties": false, "patternProperties": {
"^header\\..+": {"type": "string"}}, "description":
"what an answer must be like to count as completed"}, "steps": {"type": "array", "items": {
"$ref": "#/$defs/step"}, "minItems": 1}, "step": {"anyOf": [{"type": "object", "properties": {
"get": {"type": "string", "description": "path of a GET request, slots allowed"}, "post": {
"type": "string", "description": "path of a POST request, slots allowed"}, "put": {"type":
"string", "description": "path of a PUT request, slots allowed"}, "patch": {"type": "string",
"description": "path of a PATCH request, slots allowed"}, "delete": {"type": "string",
"description": "path of a DELETE request, slots allowed"}, "head": {"type": "string",
"description": "path of a HEAD request, slots allowed"}, "options": {"type": "string",
"description": "path of a OPTIONS request, slots allowed"}, "request": {"type": "string",
"description": "method and path of another request, 'PURGE /x'"}, "command": {"type": [
"string", "array"], "items": {"type": ["string", "number", "boolean"]}, "description":
"a program and its arguments, run instead of a request"}, "shell": {"type": "string",
"description": "a line that /bin/sh runs"}, "name": {"type": "string", "description":
"what results are booked under"}, "tags": {"type": "object", "additionalProperties": {"type": [
"string", "number", "boolean"]}, "description": "for thresholds: p(95){kind:api} < 1s"}, "headers": {"$ref": "#/$defs/headers"}, "auth": {"$ref":
"#/$defs/auth"}, "body": {"anyOf": [{"type": "string"}, {"type": "object", "properties": {
"file": {"type": "string", "description": "beside the scenario, sent as it is"}},
"additionalProperties": false, "required": ["file"]}], "description": "what is sent"}, "json":
{"description": "sent as JSON, slots in its texts"}, "form": {"type": "object",
"additionalProperties": {"type": ["string", "number", "boolean"]}, "description":
"sent as a form"}, "multipart": {"type": "object", "additionalProperties": {"anyOf": [{"type":
["string", "number", "boolean"]}, {"type": "object", "properties": {"file": {"type":
"string"}, "name": {"type": "string"}, "type": {"type": "string"}}, "additionalProperties":
false, "required": ["file"]}]}, "description": "parts of a form, texts and files"}, "timeout":
{"$ref": "#/$defs/duration", "description":
"from the send to the last byte; default 5s, of programs 1m"}, "apdex": {"$ref":
"#/$defs/duration", "description": "who is answered within it is satisfied"}, "redirects": {
"type": "integer", "minimum": 0, "maximum": 20, "description":
"how many are followed in a row"}, "check": {"$ref": "#/$defs/check"}, "extract": {"type":
"object", "additionalProperties": {"type": "string", "pattern":
"^ *(json|regex|header|cookie|status)\\b"}, "description":
"values for later steps: 'json $.id', 'regex /id=(..)/', 'header X', 'cookie X', 'status'"},
"think": {"type": ["string", "number"], "description":
"a pause behind it: 800ms, uniform(1s, 3s), exponential(..), lognormal(..), pareto(..)"}},
"additionalProperties": false, "description": "a request, a program or a pause"}, {"type":
"object", "properties": {"repeat": {"type": "integer", "minimum": 1, "maximum": 10000},
"steps": {"$ref": "#/$defs/steps"}}, "additionalProperties": false, "required": ["repeat",
"steps"], "description": "so many passes"}, {"type": "object", "properties": {"if": {"type":
"string"}, "steps": {"$ref": "#/$defs/steps"}, "else": {"$ref": "#/$defs/steps"}},
"additionalProperties": false, "required": ["if", "steps"], "description":
"role == 'admin', random(1, 100) <= 30"}, {"type": "object", "properties": {"while": {"type":
"string"}, "at_most": {"type": "integer", "minimum": 1, "maximum": 10000}, "steps": {"$ref":
"#/$defs/steps"}}, "additionalProperties": false, "required": ["while", "at_most", "steps"],
"description": "passes as long as a condition holds"}]}, "flow": {"type": "object",
"properties": {"name": {"type": "string"}, "weight": {"type": ["number", "string"],
"description": "share of arrivals relative to the other flows"}, "steps": {"$ref":
"#/$defs/steps"}}, "additionalProperties": false, "required": ["steps"]}, "scenarios": {"type":
"array", "items": {"type": "object", "properties": {"name": {"type": "string", "pattern":
"^[A-Za-z0-9_./-]{1,64}$", "description": "its steps have the tag scenario: NAME"}, "start": {
"$ref": "#/$defs/duration", "description": "since the start of the run; default 0s"}, "flows":
{"type": "array", "items": {"$ref": "#/$defs/flow"}, "minItems": 1}, "steps": {"$ref":
"#/$defs/steps"}, "load": {"$ref": "#/$defs/own_load"}}, "additionalProperties": false,
"required": ["name", "load"]}, "minItems": 1, "description":
"several loads side by side in one run"}, "own_load": {"type": "object", "properties": {
"arrivals": {"enum": ["uniform", "poisson"]}, "stages": {"type": "array", "items": {"$ref":
"#/$defs/stage"}, "minItems": 1}, "rounds": {"type": ["integer", "string"], "description":
"of users: after so many this load is over"}}, "additionalProperties": false, "required": [
"stages"]}, "defaults": {"type":
"object", "properties": {"timeout": {"$ref": "#/$defs/duration"}, "headers": {"$ref":
"#/$defs/headers"}, "apdex": {"$ref": "#/$defs/duration"}, "auth": {"$ref": "#/$defs/auth"},
"redirects": {"type": "integer", "minimum": 0, "maximum": 20}}, "additionalProperties": false,
"description": "what a step has unless it says otherwise"}, "data": {"type": "object",
"additionalProperties": {"type": "object", "properties": {"file": {"type": "string",
"description": "CSV with a header line, or .jsonl"}, "order": {"enum": ["sequential",
"random", "unique"]}, "at_end": {"enum": ["loop", "stop"]}}, "additionalProperties": false,
"required": ["file"]}, "description": "rows that fill slots: NAME.COLUMN"}, "stage": {"anyOf":
[{"type": "object", "properties": {"rate": {"type": ["string", "number"], "description":
"500/s, or a ramp 100/s..500/s"}, "for": {"$ref": "#/$defs/duration"}},
"additionalProperties": false, "required": ["rate", "for"]}, {"type": "object", "properties":
{"users": {"type": ["integer", "string"], "description": "50, or a ramp 0..50"}, "for": {
"$ref": "#/$defs/duration"}}, "additionalProperties": false, "required": ["users", "for"]}]},
"connections": {"anyOf": [{"type": "integer"}, {"type": "object", "properties": {"max": {},
"requests": {}, "lifetime": {}, "keep_alive": {}, "open_rate": {}, "source": {}, "dns": {},
"connect_to": {}}, "additionalProperties": false}]}, "load": {"type": "object", "properties":
{"arrivals": {"enum": ["uniform", "poisson"]}, "warm_up": {"anyOf": [{"$ref": "#/$defs/duration"},
{"const": "auto"}], "description": "first part of the stages, left out of the figures"}, "stages": {"type":
"array", "items": {"$ref": "#/$defs/stage"}, "minItems": 1}, "in_flight_max": {"type": [
"integer", "string"], "description": "further arrivals are dropped and counted"},
"connections": {"$ref": "#/$defs/connections"}, "drain": {"$ref": "#/$defs/duration",
"description": "how long to wait for answers at the end"}, "rounds": {"type": ["integer",
"string"], "description": "of users: after so many the load is over"}},
"additionalProperties": false}, "replay": {"anyOf": [{"type": "string", "description":
"a file of requests that are sent as they came"}, {"type": "object", "properties": {"file": {
"type": "string", "description": "beside the scenario"}, "format": {"enum": ["access-log",
"requests", "har", "vegeta"]}, "stamp": {"enum": ["end", "arrival"], "description":
"what the time of a log is"}, "speed": {"type": ["number", "string"], "description":
"2 is twice as fast"}, "passes": {"type": ["integer", "string"], "description":
"through the whole file"}, "jitter": {"$ref": "#/$defs/duration", "description":
"the longest pause before a further pass"}, "filter": {"type": "string", "description":
"only those that this expression finds in METHOD /path"}, "host": {"type": "string",
"description": "their Host header"}, "keep_secrets": {"enum": ["true", "false", true, false],
"description": "send cookies and credentials too"}, "bad_lines": {"type": ["integer",
"string"], "description": "more lines of another form are an error"}, "groups": {"type":
"object", "additionalProperties": {"type": "string"}, "description":
"names and expressions: what results are booked under"}, "check": {"$ref": "#/$defs/check"}},
"additionalProperties": false, "required": ["file"]}]}, "tls": {"type": "object",
"properties": {"insecure": {}, "cacert": {}, "cert": {}, "key": {}, "sni": {}, "min": {},
"max": {}, "ciphers": {}, "resume": {}}, "additionalProperties": false}}}
)json";

}  // namespace

std::string_view ScenarioSchema() {
  return kSchema;
}

}  // namespace weir::scenarios
