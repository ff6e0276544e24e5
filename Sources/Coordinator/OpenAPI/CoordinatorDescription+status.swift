extension CoordinatorDescription {
  /// `/status` and `/task-types`.
  static let statusSection = #"""
    {"paths":{
      "/status":{"get":{
        "operationId":"get_status",
        "summary":"this coordinator's load, and the nodes that it sees",
        "tags":["process"],
        "responses":{"200":{
          "description":"As it is now.",
          "content":{"application/json":{"schema":{"$ref":"#/components/schemas/Status"}}}
        }}
      }},
      "/task-types":{"get":{
        "operationId":"get_task_types",
        "summary":"what the cluster can run, each type as one of its nodes describes it",
        "tags":["cluster"],
        "responses":{"200":{
          "description":"The task types in the order of their names.",
          "content":{"application/json":{"schema":{
            "type":"object",
            "required":["task_types"],
            "properties":{"task_types":{"type":"array","items":{"$ref":"#/components/schemas/TaskType"}}}
          }}}
        }}
      }}
    },
    "schemas":{
      "Status":{
        "type":"object",
        "required":[
          "name","role","version","uptime_s","batches","running","queued","nodes","draining","connections",
          "loop_lag_ms","rss_bytes"
        ],
        "properties":{
          "name":{"type":"string"},
          "role":{"const":"coordinator"},
          "version":{"type":"string"},
          "uptime_s":{"type":"number","minimum":0},
          "batches":{"type":"integer","minimum":0,"description":"that have not ended"},
          "running":{"type":"integer","minimum":0,"description":"tasks of theirs"},
          "queued":{"type":"integer","minimum":0},
          "nodes":{
            "type":"object",
            "required":["alive","suspect","dead","left","capacity"],
            "properties":{
              "alive":{"type":"integer","minimum":0},
              "suspect":{"type":"integer","minimum":0},
              "dead":{"type":"integer","minimum":0},
              "left":{"type":"integer","minimum":0},
              "capacity":{"type":"integer","minimum":0,"description":"tasks that the living ones run at once"}
            }
          },
          "draining":{"type":"boolean"},
          "connections":{"type":"integer","minimum":0,"description":"to its API that are open"},
          "loop_lag_ms":{"type":"number","minimum":0},
          "rss_bytes":{"type":"integer","minimum":0}
        },
        "examples":[{
          "name":"c1","role":"coordinator","version":"0.1.0","uptime_s":3600,"batches":2,"running":311,"queued":9689,
          "nodes":{"alive":3,"suspect":0,"dead":1,"left":0,"capacity":12288},"draining":false,"connections":5,
          "loop_lag_ms":0.2,"rss_bytes":41943040
        }]
      },
      "TaskType":{
        "description":"What a node says of it; the name and the nodes alone while none has answered.",
        "type":"object",
        "required":["name","nodes"],
        "properties":{
          "name":{"type":"string"},
          "summary":{"type":"string"},
          "timeout_s":{"type":"number","exclusiveMinimum":0,"description":"the default limit on one attempt"},
          "arguments":{"type":["object","boolean"],"description":"JSON Schema 2020-12"},
          "nodes":{"type":"array","minItems":1,"items":{"type":"string"},"description":"that have it"}
        }
      }
    }}
    """#
}
