extension NodeDescription {
  /// What a task is, coming out of a node.
  static let taskSchemas = #"""
    {"schemas":{
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
