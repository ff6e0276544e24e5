extension OpenAPIDocument {
  /// What any request can be answered with, whatever it is about, by the server before its handler.
  static let commonAnswers: [(status: String, name: String, isForUnsafe: Bool)] = [
    ("400", "BadRequest", false), ("403", "ForeignOrigin", true), ("408", "RequestTimeout", false),
    ("414", "TargetTooLong", false), ("417", "ExpectationFailed", false), ("431", "HeadersTooLarge", false),
    ("501", "NotImplemented", false), ("503", "Unavailable", false), ("505", "VersionNotSupported", false),
  ]

  /// Errors, the same on every path of every role.
  static let commonSection = #"""
    {"schemas":{
      "Identifier":{
        "description":"A UUIDv7 (RFC 9562): identifiers sort by their time of birth.",
        "type":"string",
        "format":"uuid",
        "pattern":"^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$"
      },
      "Problem":{
        "description":"An error as RFC 9457 tells it.",
        "type":"object",
        "required":["type","title","status","detail"],
        "properties":{
          "type":{"type":"string","pattern":"^urn:ignareo:problem:[a-z_]+$","description":"what kind of problem it is"},
          "title":{"type":"string"},
          "status":{"type":"integer","minimum":400,"maximum":599},
          "detail":{"type":"string","description":"the cause and the way out, for people"},
          "instance":{"type":"string","description":"the path that was asked for"},
          "line":{"type":"integer","minimum":1,"description":"of the first fault, in a body of lines"},
          "pointer":{"type":"string","description":"of the first fault: RFC 6901, into the line or the document"},
          "errors":{"type":"array","minItems":1,"maxItems":10,"items":{"$ref":"#/components/schemas/Fault"}},
          "registered":{
            "type":"integer","minimum":1,"description":"of a stream of tasks: how many stand, those before the fault"
          },
          "tasks":{
            "type":"array","description":"of a stream of tasks: those that stand, as far as they are known still",
            "items":{
              "type":"object","required":["id","href"],
              "properties":{"id":{"$ref":"#/components/schemas/Identifier"},"href":{"type":"string"}}
            }
          }
        }
      },
      "Fault":{
        "description":"One of several faults in one body.",
        "type":"object",
        "required":["detail"],
        "properties":{
          "line":{"type":"integer","minimum":1},
          "pointer":{"type":"string"},
          "detail":{"type":"string"}
        }
      }
    },
    "headers":{
      "RetryAfter":{
        "description":"Seconds after which a new try makes sense.",
        "required":true,
        "schema":{"type":"integer","minimum":0}
      },
      "Allow":{"description":"The methods that the path knows.","required":true,"schema":{"type":"string"}}
    },
    "responses":{
      "BadRequest":{
        "description":"The request is not as it must be: `detail` says why, `errors` where.",
        "content":{"application/problem+json":{
          "schema":{"$ref":"#/components/schemas/Problem"},
          "example":{
            "type":"urn:ignareo:problem:bad_filter","title":"Bad filter","status":400,
            "detail":"state 'odd' is none of alive, suspect, dead, left"
          }
        }}
      },
      "ForeignOrigin":{
        "description":"The `Origin` field names a web page of another host or port. Programs send no such field.",
        "content":{"application/problem+json":{"schema":{"$ref":"#/components/schemas/Problem"}}}
      },
      "NotFound":{
        "description":"There is nothing of that name here.",
        "content":{"application/problem+json":{"schema":{"$ref":"#/components/schemas/Problem"}}}
      },
      "MethodNotAllowed":{
        "description":"The path does not know this method.",
        "headers":{"Allow":{"$ref":"#/components/headers/Allow"}},
        "content":{"application/problem+json":{"schema":{"$ref":"#/components/schemas/Problem"}}}
      },
      "RequestTimeout":{
        "description":"The request did not arrive in time.",
        "content":{"application/problem+json":{"schema":{"$ref":"#/components/schemas/Problem"}}}
      },
      "Conflict":{
        "description":"What was asked for contradicts what is there; nothing was taken.",
        "headers":{"Retry-After":{
          "description":"Only where that changes by itself: seconds after which a new try makes sense.",
          "schema":{"type":"integer","minimum":0}
        }},
        "content":{"application/problem+json":{"schema":{"$ref":"#/components/schemas/Problem"}}}
      },
      "TooLarge":{
        "description":"The body, or a part of it, is larger than is taken here.",
        "content":{"application/problem+json":{"schema":{"$ref":"#/components/schemas/Problem"}}}
      },
      "TargetTooLong":{
        "description":"The request line is too long.",
        "content":{"application/problem+json":{"schema":{"$ref":"#/components/schemas/Problem"}}}
      },
      "UnsupportedMediaType":{
        "description":"The body's `Content-Type` or `Content-Encoding` is none that is taken here.",
        "headers":{"Accept-Encoding":{
          "description":"Of a coding that is not taken: those that are.","schema":{"type":"string"}
        }},
        "content":{"application/problem+json":{"schema":{"$ref":"#/components/schemas/Problem"}}}
      },
      "ExpectationFailed":{
        "description":"The `Expect` field asks for something else than `100-continue`.",
        "content":{"application/problem+json":{"schema":{"$ref":"#/components/schemas/Problem"}}}
      },
      "UpgradeRequired":{
        "description":"The path is a WebSocket's, and the request asks for none.",
        "headers":{
          "Upgrade":{"required":true,"schema":{"const":"websocket"}},
          "Sec-WebSocket-Version":{"schema":{"const":"13"}}
        },
        "content":{"application/problem+json":{"schema":{"$ref":"#/components/schemas/Problem"}}}
      },
      "HeadersTooLarge":{
        "description":"The header fields are too many or too large.",
        "content":{"application/problem+json":{"schema":{"$ref":"#/components/schemas/Problem"}}}
      },
      "NotImplemented":{
        "description":"The only transfer coding known here is chunked.",
        "content":{"application/problem+json":{"schema":{"$ref":"#/components/schemas/Problem"}}}
      },
      "Unavailable":{
        "description":"Not now: the process starts, drains, is full, or holds too many connections.",
        "headers":{"Retry-After":{"$ref":"#/components/headers/RetryAfter"}},
        "content":{"application/problem+json":{
          "schema":{"$ref":"#/components/schemas/Problem"},
          "example":{
            "type":"urn:ignareo:problem:overloaded","title":"Service Unavailable","status":503,
            "detail":"268435456 bytes of other requests are being read; try again soon."
          }
        }}
      },
      "VersionNotSupported":{
        "description":"Only HTTP/1.1 and HTTP/1.0 are spoken here.",
        "content":{"application/problem+json":{"schema":{"$ref":"#/components/schemas/Problem"}}}
      }
    }}
    """#

  /// What every role tells of its process.
  package static let processSection = #"""
    {"paths":{
      "/healthz":{"get":{
        "operationId":"get_healthz",
        "summary":"whether the process is alive",
        "tags":["process"],
        "responses":{"200":{
          "description":"It is.",
          "content":{"application/json":{
            "schema":{"type":"object","required":["status"],"properties":{"status":{"const":"alive"}}},
            "example":{"status":"alive"}
          }}
        }}
      }},
      "/readyz":{"get":{
        "operationId":"get_readyz",
        "summary":"whether the process may get work: 503 while it starts or drains",
        "tags":["process"],
        "responses":{"200":{
          "description":"It may.",
          "content":{"application/json":{
            "schema":{"type":"object","required":["status"],"properties":{"status":{"const":"ready"}}},
            "example":{"status":"ready"}
          }}
        }}
      }},
      "/metrics":{"get":{
        "operationId":"get_metrics",
        "summary":"what the process does and has done, for Prometheus",
        "tags":["process"],
        "responses":{"200":{
          "description":"Metrics in the format that `Accept` likes best.",
          "content":{
            "text/plain; version=0.0.4; charset=utf-8":{
              "schema":{"type":"string"},
              "example":
                "# HELP process_open_fds Open descriptors.\n# TYPE process_open_fds gauge\nprocess_open_fds 42\n"
            },
            "application/openmetrics-text; version=1.0.0; charset=utf-8":{"schema":{"type":"string"}}
          }
        }}
      }},
      "/openapi.json":{"get":{
        "operationId":"get_openapi",
        "summary":"this description",
        "tags":["process"],
        "responses":{"200":{
          "description":"OpenAPI 3.1.",
          "content":{"application/json":{
            "schema":{
              "type":"object",
              "required":["openapi","info","paths","components"],
              "properties":{
                "openapi":{"type":"string","pattern":"^3\\.1\\."},
                "info":{"type":"object"},
                "paths":{"type":"object"},
                "components":{"type":"object"}
              }
            }
          }}
        }}
      }}
    }}
    """#
}
