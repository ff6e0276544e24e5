extension CoordinatorDescription {
  /// `/batches/{id}/tasks` and `/batches/{id}/close`: what is there for batches that were submitted open.
  static let openBatchesSection = #"""
    {"paths":{
      "/batches/{id}/tasks":{
        "parameters":[
          {
            "name":"id","in":"path","required":true,"description":"the batch's, a UUIDv7",
            "schema":{"$ref":"#/components/schemas/Identifier"}
          }
        ],
        "post":{
          "operationId":"post_batch_tasks",
          "summary":"brings an open batch more tasks",
          "description":"From any number of sources and at any time; each call is kept whole, or nothing of it. A \#
    batch's own defaults lie below those of the call.",
          "tags":["batches"],
          "parameters":[
            {"$ref":"#/components/parameters/task"},
            {"$ref":"#/components/parameters/args"},
            {"$ref":"#/components/parameters/id"},
            {"$ref":"#/components/parameters/key"},
            {"$ref":"#/components/parameters/limit"},
            {"$ref":"#/components/parameters/timeout_s"},
            {"$ref":"#/components/parameters/attempts"},
            {"$ref":"#/components/parameters/repeatable"},
            {"$ref":"#/components/parameters/priority"},
            {"$ref":"#/components/parameters/IdempotencyKey"},
            {"$ref":"#/components/parameters/ContentEncoding"}
          ],
          "requestBody":{
            "required":true,
            "content":{
              "application/json":{
                "schema":{"anyOf":[
                  {"type":"array","items":{"$ref":"#/components/schemas/Task"}},
                  {
                    "type":"object",
                    "required":["tasks"],
                    "additionalProperties":false,
                    "properties":{
                      "tasks":{"type":"array","items":{"$ref":"#/components/schemas/Task"}},
                      "defaults":{"anyOf":[{"$ref":"#/components/schemas/TaskFields"},{"type":"null"}]}
                    }
                  }
                ]},
                "example":[{"task":"echo","args":3}]
              },
              "application/x-ndjson":{
                "schema":{"type":"string","description":"a task a line"},
                "x-line":{"$ref":"#/components/schemas/Task"},
                "example":"{\"task\":\"echo\",\"args\":3}\n"
              }
            }
          },
          "responses":{
            "200":{
              "description":"The same call with this `Idempotency-Key` was kept before.",
              "content":{"application/json":{"schema":{"$ref":"#/components/schemas/Batch"}}}
            },
            "202":{
              "description":"They are safe on disk.",
              "headers":{"Location":{"$ref":"#/components/headers/Location"}},
              "content":{"application/json":{"schema":{"$ref":"#/components/schemas/Batch"}}}
            },
            "400":{"$ref":"#/components/responses/Faults"},
            "404":{"$ref":"#/components/responses/NotFound"},
            "409":{"$ref":"#/components/responses/Conflict"},
            "413":{"$ref":"#/components/responses/TooLarge"},
            "415":{"$ref":"#/components/responses/UnsupportedMediaType"},
            "422":{"$ref":"#/components/responses/KeyReused"},
            "507":{"$ref":"#/components/responses/NoSpace"}
          }
        }
      },
      "/batches/{id}/close":{
        "parameters":[
          {
            "name":"id","in":"path","required":true,"description":"the batch's, a UUIDv7",
            "schema":{"$ref":"#/components/schemas/Identifier"}
          }
        ],
        "post":{
          "operationId":"post_batch_close",
          "summary":"closes an open batch: it ends when all that it has got has ended",
          "tags":["batches"],
          "responses":{
            "200":{
              "description":"It is closed; one that was closed before stays as it is.",
              "content":{"application/json":{"schema":{"$ref":"#/components/schemas/Batch"}}}
            },
            "404":{"$ref":"#/components/responses/NotFound"},
            "409":{"$ref":"#/components/responses/Conflict"},
            "507":{"$ref":"#/components/responses/NoSpace"}
          }
        }
      }
    }}
    """#
}
