extension NodeDescription {
  /// `/shards`: what coordinators send and take back.
  static let shardsSection = #"""
    {"paths":{
      "/shards":{
      "get":{
        "operationId":"get_shards",
        "summary":"the shards that are held here, for a coordinator that comes back",
        "tags":["shards"],
        "parameters":[
          {"name":"coordinator","in":"query","description":"only this one's","schema":{"type":"string"}}
        ],
        "responses":{"200":{
          "description":"In the order in which they were made.",
          "content":{"application/json":{
            "schema":{
              "type":"object",
              "required":["shards"],
              "properties":{"shards":{"type":"array","items":{"$ref":"#/components/schemas/HeldShard"}}}
            },
            "example":{"shards":[{
              "id":"0197a000-0000-7000-8000-000000000000","batch":"0197a000-0000-7000-8000-000000000001",
              "coordinator":"c1","epoch":1767225600000,"tasks":2,"ended":1,"indexes":[7,8],"attached":false
            }]}
          }}
        }}
      },
      "post":{
        "operationId":"post_shards",
        "summary":"takes a shard of a coordinator's batch and streams its results on the same exchange",
        "description":"All of the shard's tasks are taken, or none; a task that cannot run here fails alone. The \#
    stream ends with `{\"end\":true}`. When it breaks off before, the tasks go on for a minute, in which \#
    `GET /shards/{id}` takes the shard up again; then they are cancelled. The results are kept until their \#
    coordinator says that it has them for good, with `done` or `DELETE /shards/{id}`, a minute from the shard's end \#
    at most, and no more than 64 MiB of all shards that have ended: those that ended first are forgotten first.",
        "tags":["shards"],
        "parameters":[
          {
            "name":"id","in":"query","required":true,"description":"the shard's, a UUIDv7",
            "schema":{"$ref":"#/components/schemas/Identifier"},"example":"0197a000-0000-7000-8000-000000000000"
          },
          {"name":"batch","in":"query","schema":{"type":"string"}},
          {"$ref":"#/components/parameters/coordinator"},
          {"$ref":"#/components/parameters/epoch"},
          {
            "name":"done","in":"query","style":"form","explode":false,
            "description":"shards of this coordinator whose results it has for good: they are forgotten here. May \#
    be given several times.",
            "schema":{"type":"array","items":{"$ref":"#/components/schemas/Identifier"}}
          }
        ],
        "requestBody":{
          "required":true,
          "content":{"application/x-ndjson":{
            "schema":{"type":"string","description":"a task a line, with its `index` in the batch"},
            "x-line":{"$ref":"#/components/schemas/ShardTask"},
            "example":"{\"index\":7,\"attempt\":1,\"task\":\"echo\",\"args\":\"hello\"}\n"
          }}
        },
        "responses":{
          "200":{
            "description":"The results as they come, and the node's load each second.",
            "content":{"application/x-ndjson":{
              "schema":{"type":"string","description":"a JSON value a line"},
              "x-line":{"$ref":"#/components/schemas/ShardLine"},
              "example":"{\"index\":7,\"status\":\"ok\",\"started_ms\":1,\"duration_ms\":2}\n{\"end\":true}\n"
            }}
          },
          "409":{"$ref":"#/components/responses/Conflict"},
          "413":{"$ref":"#/components/responses/TooLarge"},
          "415":{"$ref":"#/components/responses/UnsupportedMediaType"}
        }
      }
      },
      "/shards/{id}":{
        "parameters":[
          {
            "name":"id","in":"path","required":true,"description":"the shard's, a UUIDv7",
            "schema":{"$ref":"#/components/schemas/Identifier"}
          }
        ],
        "get":{
          "operationId":"get_shard",
          "summary":"takes a shard up again: its results behind those that the coordinator has, and those to come",
          "description":"A stream as that of `POST /shards`. It takes the place of the one that was there before, \#
    which breaks off.",
          "tags":["shards"],
          "parameters":[
            {
              "name":"after","in":"query","description":"result lines that the coordinator has already",
              "schema":{"$ref":"#/components/schemas/WholeNumber","default":0}
            },
            {"$ref":"#/components/parameters/coordinator"},
            {"$ref":"#/components/parameters/epoch"}
          ],
          "responses":{
            "200":{
              "description":"The results as they come, and the node's load each second.",
              "headers":{"Ignareo-After":{
                "description":"Only where lines are gone that were asked for: how many lines of the shard come before \#
    the first one here.",
                "schema":{"type":"integer","minimum":1}
              }},
              "content":{"application/x-ndjson":{
                "schema":{"type":"string","description":"a JSON value a line"},
                "x-line":{"$ref":"#/components/schemas/ShardLine"},
                "example":"{\"index\":8,\"status\":\"ok\",\"started_ms\":1,\"duration_ms\":2}\n{\"end\":true}\n"
              }}
            },
            "404":{
              "description":"The shard is not here, and is refused if it should still come.",
              "headers":{"Ignareo-Knows-Ms":{
                "required":true,
                "description":"If the shard was sent within so many milliseconds, and its coordinator has not let it \#
    go, then it was never taken: none of its tasks was begun.",
                "schema":{"type":"integer","minimum":0}
              }},
              "content":{"application/problem+json":{"schema":{"$ref":"#/components/schemas/Problem"}}}
            },
            "409":{"$ref":"#/components/responses/Conflict"}
          }
        },
        "delete":{
          "operationId":"delete_shard",
          "summary":"cancels tasks of a shard, whose results still come on its stream, or forgets one that has ended",
          "tags":["shards"],
          "parameters":[
            {
              "name":"index","in":"query","description":"of a task to cancel; none: all of them",
              "schema":{"type":"array","items":{"$ref":"#/components/schemas/WholeNumber"}}
            },
            {
              "name":"keep","in":"query","schema":{"type":"boolean","default":false},
              "description":"only cancels: a shard that has ended is not forgotten. Nor is it where an index is given."
            }
          ],
          "responses":{
            "200":{
              "description":"They are told to stop.",
              "content":{"application/json":{
                "schema":{
                  "type":"object",
                  "required":["id","cancelled"],
                  "properties":{
                    "id":{"$ref":"#/components/schemas/Identifier"},
                    "cancelled":{"type":"integer","minimum":0,"description":"how many had not ended"}
                  }
                },
                "example":{"id":"0197a000-0000-7000-8000-000000000000","cancelled":12}
              }}
            },
            "404":{"$ref":"#/components/responses/NotFound"}
          }
        }
      }
    },
    "parameters":{
      "coordinator":{
        "name":"coordinator","in":"query","description":"the coordinator's name","schema":{"type":"string"}
      },
      "epoch":{
        "name":"epoch","in":"query","schema":{"$ref":"#/components/schemas/WholeNumber","default":0},
        "description":"rises with each start of the coordinator: an older one than was seen is refused"
      }
    },
    "schemas":{
      "HeldShard":{
        "type":"object",
        "required":["id","coordinator","epoch","tasks","ended","indexes","attached"],
        "properties":{
          "id":{"$ref":"#/components/schemas/Identifier"},
          "batch":{"type":"string"},
          "coordinator":{"type":"string"},
          "epoch":{"$ref":"#/components/schemas/WholeNumber"},
          "tasks":{"type":"integer","minimum":0},
          "ended":{"type":"integer","minimum":0,"description":"how many of its tasks have ended"},
          "indexes":{"type":"array","items":{"$ref":"#/components/schemas/WholeNumber"}},
          "attached":{"type":"boolean","description":"whether somebody reads its results"}
        }
      },
      "WholeNumber":{"type":"integer","minimum":0,"maximum":9223372036854775807},
      "ShardTask":{
        "description":"The members of `Task`, with its place in its batch and the number of the attempt.",
        "type":"object",
        "required":["index","task"],
        "properties":{
          "index":{"$ref":"#/components/schemas/WholeNumber"},
          "attempt":{"type":"integer","minimum":1,"maximum":9223372036854775807,"default":1}
        }
      },
      "ShardLine":{"oneOf":[
        {
          "description":"How a task ended.",
          "type":"object",
          "required":["index","status","started_ms","duration_ms"],
          "properties":{
            "index":{"type":"integer","minimum":0},
            "status":{"enum":["ok","error","cancelled"]},
            "value":true,
            "error":{"$ref":"#/components/schemas/TaskError"},
            "effect":{"type":"boolean","description":"of a cancelled one: whether it had been started"},
            "begun":{"const":false,"description":"it could not run here at all"},
            "started_ms":{"type":"number","minimum":0,"description":"since the shard was taken"},
            "duration_ms":{"type":"number","minimum":0}
          }
        },
        {
          "type":"object",
          "required":["load"],
          "properties":{"load":{"$ref":"#/components/schemas/Load"}}
        },
        {"type":"object","required":["end"],"properties":{"end":{"const":true}}}
      ]}
    }}
    """#
}
