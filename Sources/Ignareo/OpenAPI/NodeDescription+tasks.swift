extension NodeDescription {
  /// `/tasks` and `/task-types`.
  static let tasksSection = #"""
    {"paths":{
      "/tasks":{
        "post":{
          "operationId":"post_tasks",
          "summary":"registers tasks while everything else goes on",
          "description":"All tasks of a JSON body are registered, or none. A stream may be as long as it likes and \#
    rest as long as its connection lives: each task is registered as its line comes, and while the node is full, no \#
    more is read. A bad line ends it: the tasks before that line stand, and the answer says how many they are. With \#
    `wait` the answer comes when all have ended, or as they stand when the wait ends, which begins behind the last \#
    task. Results that are more than the node can hold are not waited for: 202 comes at once, with identifiers and a \#
    `detail`. A body without a `Content-Type` counts as JSON; `text/json`, \#
    `application/ndjson`, `application/jsonl` and `application/x-jsonlines` are taken too.",
          "tags":["tasks"],
          "parameters":[{"$ref":"#/components/parameters/wait"}],
          "requestBody":{
            "required":true,
            "content":{
              "application/json":{
                "schema":{"anyOf":[
                  {"$ref":"#/components/schemas/Task"},
                  {"type":"array","items":{"$ref":"#/components/schemas/Task"}}
                ]},
                "examples":{
                  "one":{"value":{"task":"echo","args":"hello"}},
                  "several":{"value":[
                    {"task":"http","args":{"url":"http://127.0.0.1:8000/a"},"id":"mine-7","timeout_s":30,"attempts":3},
                    {"task":"sleep","args":{"seconds":0.01}}
                  ]}
                }
              },
              "application/x-ndjson":{
                "schema":{"type":"string","description":"a task a line"},
                "x-line":{"$ref":"#/components/schemas/Task"},
                "example":"{\"task\":\"echo\",\"args\":1}\n{\"task\":\"echo\",\"args\":2}\n"
              }
            }
          },
          "responses":{
            "200":{
              "description":"All have ended: each with its result.",
              "content":{"application/json":{"schema":{
                "type":"object",
                "required":["tasks"],
                "properties":{"tasks":{"type":"array","items":{"$ref":"#/components/schemas/TaskState"}}}
              }}}
            },
            "202":{
              "description":"They are registered. Behind a wait that was too short: each as it stands.",
              "content":{"application/json":{
                "schema":{
                  "type":"object",
                  "required":["tasks"],
                  "properties":{"tasks":{"anyOf":[
                    {"type":"array","items":{"$ref":"#/components/schemas/TaskReference"}},
                    {"type":"array","items":{"$ref":"#/components/schemas/TaskState"}}
                  ]},
                  "detail":{"type":"string","description":"why no results are there"},
                  "registered":{
                    "type":"integer","minimum":0,
                    "description":"how many there are, where those are left out that were forgotten since"
                  }}
                },
                "example":{"tasks":[{
                  "id":"0197a000-0000-7000-8000-000000000000","href":"/tasks/0197a000-0000-7000-8000-000000000000"
                }]}
              }}
            },
            "400":{
              "description":"The request is not as it must be: `detail` says why, `errors` where.",
              "content":{"application/problem+json":{
                "schema":{"$ref":"#/components/schemas/Problem"},
                "example":{
                  "type":"urn:ignareo:problem:bad_arguments","status":400,
                  "title":"A task is not as it must be; nothing was registered",
                  "detail":"/args/seconds is missing","pointer":"/args/seconds",
                  "errors":[{"pointer":"/args/seconds","detail":"/args/seconds is missing"}]
                }
              }}
            },
            "413":{"$ref":"#/components/responses/TooLarge"},
            "415":{"$ref":"#/components/responses/UnsupportedMediaType"}
          }
        },
        "get":{
          "operationId":"get_tasks",
          "summary":"counts by state, and the newest tasks without their values",
          "tags":["tasks"],
          "parameters":[
            {"name":"state","in":"query","schema":{"$ref":"#/components/schemas/TaskStateName"}},
            {"name":"limit","in":"query","schema":{"type":"integer","minimum":0,"maximum":1000,"default":100}}
          ],
          "responses":{"200":{
            "description":"The newest first.",
            "content":{"application/json":{"schema":{
              "type":"object",
              "required":["counts","tasks"],
              "properties":{
                "counts":{
                  "type":"object",
                  "required":["queued","running","ok","error","cancelled"],
                  "properties":{
                    "queued":{"type":"integer","minimum":0},
                    "running":{"type":"integer","minimum":0},
                    "ok":{"type":"integer","minimum":0},
                    "error":{"type":"integer","minimum":0},
                    "cancelled":{"type":"integer","minimum":0}
                  }
                },
                "tasks":{"type":"array","maxItems":1000,"items":{"$ref":"#/components/schemas/TaskState"}}
              }
            }}}
          }}
        }
      },
      "/tasks/{id}":{
        "parameters":[
          {
            "name":"id","in":"path","required":true,"description":"the node's name for the task, a UUIDv7",
            "schema":{"$ref":"#/components/schemas/Identifier"},"example":"0197a000-0000-7000-8000-000000000000"
          }
        ],
        "get":{
          "operationId":"get_task",
          "summary":"one task; with `wait`, once it has ended or the wait has",
          "tags":["tasks"],
          "parameters":[{"$ref":"#/components/parameters/wait"}],
          "responses":{
            "200":{
              "description":"The task as it stands.",
              "content":{"application/json":{"schema":{"$ref":"#/components/schemas/TaskState"}}}
            },
            "404":{"$ref":"#/components/responses/NotFound"}
          }
        },
        "delete":{
          "operationId":"delete_task",
          "summary":"cancels a task, whose own clean-up runs, and answers with its final state",
          "tags":["tasks"],
          "responses":{
            "200":{
              "description":"The task, ended; one that had ended before stays as it was.",
              "content":{"application/json":{"schema":{"$ref":"#/components/schemas/TaskState"}}}
            },
            "404":{"$ref":"#/components/responses/NotFound"}
          }
        }
      },
      "/task-types":{"get":{
        "operationId":"get_task_types",
        "summary":"what can be registered here",
        "tags":["tasks"],
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
    "parameters":{
      "wait":{
        "name":"wait","in":"query","description":"seconds to wait for the end, an hour at most",
        "schema":{"type":"number","minimum":0},"example":10
      }
    }}
    """#
}
