extension OpenAPIDocument {
  /// What a task may say and how it may fail, the same for every role.
  package static let taskSection = #"""
    {"schemas":{
      "TaskFields":{
        "description":"The fields of a task; null counts as absent, but for `args`.",
        "type":"object",
        "additionalProperties":false,
        "properties":{
          "task":{"type":["string","null"],"description":"a task type's name"},
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
        }
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
      }
    }}
    """#
}
