extension NodeDescription {
  /// `/shards`: what coordinators send and take back.
  static let shardsSection = #"""
    {"paths":{
      "/shards":{"post":{
        "operationId":"post_shards",
        "summary":"takes a shard of a coordinator's batch and streams its results on the same exchange",
        "description":"All of the shard's tasks are taken, or none; a task that cannot run here fails alone. The \#
    stream ends with `{\"end\":true}`; one that breaks off before cancels what is left.",
        "tags":["shards"],
        "parameters":[
          {
            "name":"id","in":"query","required":true,"description":"the shard's, a UUIDv7",
            "schema":{"$ref":"#/components/schemas/Identifier"},"example":"0197a000-0000-7000-8000-000000000000"
          },
          {"name":"batch","in":"query","schema":{"type":"string"}},
          {"name":"coordinator","in":"query","description":"the coordinator's name","schema":{"type":"string"}},
          {
            "name":"epoch","in":"query","schema":{"$ref":"#/components/schemas/WholeNumber","default":0},
            "description":"rises with each start of the coordinator: an older one than was seen is refused"
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
      }},
      "/shards/{id}":{
        "parameters":[
          {
            "name":"id","in":"path","required":true,"description":"the shard's, a UUIDv7",
            "schema":{"$ref":"#/components/schemas/Identifier"}
          }
        ],
        "delete":{
          "operationId":"delete_shard",
          "summary":"cancels tasks of a shard that runs here; their results still come on its stream",
          "tags":["shards"],
          "parameters":[{
            "name":"index","in":"query","description":"of a task to cancel; none: all of them",
            "schema":{"type":"array","items":{"$ref":"#/components/schemas/WholeNumber"}}
          }],
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
    "schemas":{
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
