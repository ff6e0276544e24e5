extension NodeDescription {
  /// What a task is, going in and coming out.
  static let taskSchemas = #"""
    {"schemas":{
      "TaskFields":{
        "description":"The fields of a task; null counts as absent, but for `args`.",
        "type":"object",
        "required":["task"],
        "additionalProperties":false,
        "properties":{
          "task":{"type":"string","description":"a task type that is registered here"},
          "args":{"description":"its arguments","default":{}},
          "id":{"type":["string","null"],"description":"the submitter's own name for it; need not be unique"},
          "key":{"type":["string","null"],"description":"tasks with one key go to one node; for coordinators"},
          "limit":{"anyOf":[{"$ref":"#/components/schemas/TaskLimit"},{"type":"null"}]},
          "timeout_s":{
            "type":["number","null"],"exclusiveMinimum":0,"maximum":2592000,
            "description":"a limit on one attempt; the default is the task type's"
          },
          "attempts":{
            "type":["integer","null"],"minimum":1,"maximum":1000,"default":1,
            "description":"how many may be made in all, with exponential backoff and full jitter between"
          },
          "repeatable":{
            "type":["boolean","null"],
            "description":"may it run again when nobody knows whether it took effect? The default is the task type's"
          },
          "priority":{
            "type":["integer","null"],"minimum":-100,"maximum":100,"default":0,
            "description":"higher is sent first; for coordinators"
          }
        },
        "if":{"required":["limit"],"properties":{"limit":{"type":"object"}}},
        "then":{"required":["key"],"properties":{"key":{"type":"string"}}}
      },
      "TaskLimit":{
        "description":"Politeness, for all tasks with one `key` in the whole cluster; a node alone heeds none.",
        "type":"object",
        "minProperties":1,
        "additionalProperties":false,
        "properties":{
          "rate_per_s":{"type":"number","minimum":0.00001,"maximum":1000000},
          "concurrency":{"type":"integer","minimum":1,"maximum":9223372036854775807}
        }
      },
      "TaskReference":{
        "type":"object",
        "required":["id","href"],
        "properties":{
          "id":{"$ref":"#/components/schemas/Identifier","description":"the node's name for the task"},
          "href":{"type":"string","pattern":"^/tasks/"}
        }
      },
      "TaskStateName":{"enum":["queued","running","ok","error","cancelled"]},
      "TaskState":{
        "description":"A task as it stands; once it has ended, with the members of its result.",
        "type":"object",
        "required":["id","href","task","state","attempts","created_at"],
        "properties":{
          "id":{"$ref":"#/components/schemas/Identifier","description":"the node's name for the task"},
          "href":{"type":"string","pattern":"^/tasks/"},
          "task":{"type":"string","description":"the task type"},
          "submitted_id":{"type":"string","description":"the submitter's name for it"},
          "batch":{"type":"string","description":"of a coordinator's task: its batch"},
          "index":{"type":"integer","minimum":0,"description":"of a coordinator's task: its place in the batch"},
          "state":{"$ref":"#/components/schemas/TaskStateName"},
          "status":{"enum":["ok","error","cancelled"],"description":"how it ended"},
          "value":{"description":"what it gave, in lists left out"},
          "error":{"$ref":"#/components/schemas/TaskError"},
          "attempts":{"type":"integer","minimum":0,"description":"how many were begun"},
          "created_at":{"type":"string","format":"date-time"},
          "finished_at":{"type":"string","format":"date-time"},
          "queued_ms":{"type":"number","minimum":0,"description":"from its registration to its first start"},
          "duration_ms":{"type":"number","minimum":0,"description":"of its last attempt"},
          "waiting_for":{"enum":["capacity","backoff"]},
          "last_error":{"$ref":"#/components/schemas/TaskError"}
        },
        "allOf":[
          {
            "if":{"properties":{"state":{"enum":["ok","error","cancelled"]}}},
            "then":{"required":["status","finished_at","queued_ms","duration_ms"]}
          },
          {"if":{"properties":{"state":{"const":"error"}}},"then":{"required":["error"]}},
          {"if":{"properties":{"state":{"const":"queued"}}},"then":{"required":["waiting_for"]}}
        ],
        "examples":[{
          "id":"0197a000-0000-7000-8000-000000000000","href":"/tasks/0197a000-0000-7000-8000-000000000000",
          "task":"echo","submitted_id":"mine-7","state":"ok","status":"ok","value":"hello",
          "finished_at":"2026-01-01T00:00:00.018Z","queued_ms":3.1,"duration_ms":0.02,"attempts":1,
          "created_at":"2026-01-01T00:00:00.015Z"
        }]
      },
      "ErrorCode":{"enum":[
        "timeout","lost","unknown_task","bad_arguments","connect","dns","tls","http_status","too_large","assertion",
        "worker_crashed","rejected","internal"
      ]},
      "TaskError":{
        "description":"Why a task failed.",
        "type":"object",
        "required":["code","message","retryable"],
        "properties":{
          "code":{"$ref":"#/components/schemas/ErrorCode"},
          "message":{"type":"string","description":"the cause, and the host where there is one"},
          "retryable":{"type":"boolean","description":"whether another attempt may succeed"},
          "pointer":{"type":"string","description":"RFC 6901: the argument at fault"},
          "effect":{"type":"boolean","description":"in a shard's results: whether it may have taken effect"}
        }
      },
      "TaskType":{
        "type":"object",
        "required":["name","summary","timeout_s","arguments"],
        "properties":{
          "name":{"type":"string","pattern":"^[A-Za-z0-9._-]{1,64}$"},
          "summary":{"type":"string"},
          "timeout_s":{"type":"number","exclusiveMinimum":0,"description":"the default limit on one attempt"},
          "arguments":{"type":["object","boolean"],"description":"JSON Schema 2020-12"}
        }
      }
    }}
    """#
}
