extension CoordinatorDescription {
  /// What is sent to a coordinator, and what it says to what it does not take.
  static let submissionSchemas = #"""
    {"schemas":{
      "Task":{
        "description":"One unit of work. It needs a `task`, and a `key` beside a `limit`, unless the defaults have \#
    them; `\"key\":\"@host\"` is the host of its first URL.",
        "allOf":[{"$ref":"#/components/schemas/TaskFields"}]
      },
      "CallbackURL":{"type":"string","pattern":"^[Hh][Tt][Tt][Pp][Ss]?:","maxLength":2048},
      "Submission":{
        "description":"Tasks; or, with `template` and `take`, a batch whose tasks are made of what is in pools.",
        "type":"object",
        "additionalProperties":false,
        "properties":{
          "name":{"type":["string","null"],"minLength":1,"maxLength":256},
          "tasks":{
            "type":"array","items":{"$ref":"#/components/schemas/Task"},
            "description":"at least one, unless the batch is open"
          },
          "defaults":{"anyOf":[{"$ref":"#/components/schemas/TaskFields"},{"type":"null"}]},
          "callback_url":{
            "anyOf":[{"$ref":"#/components/schemas/CallbackURL"},{"type":"null"}],
            "description":"told of the batch's end"
          },
          "open":{
            "type":["boolean","null"],"default":false,"description":"whether more tasks may come, until it is closed"
          },
          "template":{
            "anyOf":[{"$ref":"#/components/schemas/TemplateTask"},{"type":"null"}],
            "description":"with `take`: a task is made whenever each of its pools has an item"
          },
          "take":{
            "type":["array","null"],"minItems":1,"maxItems":16,"items":{"$ref":"#/components/schemas/PoolName"},
            "description":"pools, each once"
          }
        }
      },
      "TemplateTask":{
        "description":"A task in whose strings `{{pool}}` and `{{pool.member}}` stand for what an item holds; one \#
    that is the whole string keeps its JSON type.",
        "type":"object"
      }
    },
    "parameters":{
      "task":{"name":"task","in":"query","schema":{"type":"string"},"description":"a task type, for all tasks"},
      "args":{"name":"args","in":"query","content":{"application/json":{"schema":true}}},
      "id":{"name":"id","in":"query","schema":{"type":"string"}},
      "key":{"name":"key","in":"query","schema":{"type":"string"}},
      "limit":{
        "name":"limit","in":"query",
        "content":{"application/json":{"schema":{"$ref":"#/components/schemas/TaskLimit"}}}
      },
      "timeout_s":{
        "name":"timeout_s","in":"query","schema":{"type":"number","exclusiveMinimum":0,"maximum":2592000}
      },
      "attempts":{"name":"attempts","in":"query","schema":{"type":"integer","minimum":1,"maximum":1000}},
      "repeatable":{"name":"repeatable","in":"query","schema":{"type":"boolean"}},
      "priority":{"name":"priority","in":"query","schema":{"type":"integer","minimum":-100,"maximum":100}},
      "IdempotencyKey":{
        "name":"Idempotency-Key","in":"header","schema":{"type":"string","minLength":1,"maxLength":256},
        "description":"the same call with the same key is kept once"
      },
      "ContentEncoding":{
        "name":"Content-Encoding","in":"header","schema":{"enum":["gzip","identity"],"default":"identity"}
      }
    },
    "headers":{
      "Location":{
        "description":"What was made or added to.",
        "required":true,
        "schema":{"type":"string","pattern":"^/(batches|pools)/"}
      }
    },
    "responses":{
      "Faults":{
        "description":"The request is not as it must be, and nothing was kept: `detail` says why, `errors` where.",
        "content":{"application/problem+json":{
          "schema":{"$ref":"#/components/schemas/Problem"},
          "example":{
            "type":"urn:ignareo:problem:bad_tasks","title":"The submission has faults; nothing was kept","status":400,
            "detail":"/tasks/1/attempts: attempts must be a whole number from 1 to 1000, not 0",
            "pointer":"/tasks/1/attempts",
            "errors":[{
              "pointer":"/tasks/1/attempts","detail":"attempts must be a whole number from 1 to 1000, not 0"
            }]
          }
        }}
      },
      "KeyReused":{
        "description":"The `Idempotency-Key` was used for something else; nothing was kept.",
        "content":{"application/problem+json":{"schema":{"$ref":"#/components/schemas/Problem"}}}
      },
      "NoSpace":{
        "description":"The disk is full; nothing was kept. Running batches pause and go on by themselves.",
        "headers":{"Retry-After":{"$ref":"#/components/headers/RetryAfter"}},
        "content":{"application/problem+json":{"schema":{"$ref":"#/components/schemas/Problem"}}}
      }
    }}
    """#
}
