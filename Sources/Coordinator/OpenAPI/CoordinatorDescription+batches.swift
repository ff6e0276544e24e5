extension CoordinatorDescription {
  /// `/batches` and `/batches/{id}`.
  static let batchesSection = #"""
    {"paths":{
      "/batches":{
        "post":{
          "operationId":"post_batches",
          "summary":"submits a batch",
          "description":"It is answered once the batch is safe on disk, and needs no node alive. One bad task fails \#
    the whole submission, and nothing is kept. With `follow` the answer is the stream of results as they come, and \#
    the batch's `summary` at its end; a submitter who goes away leaves the batch running. Every field of a task may \#
    stand in the query, or in `defaults`, and counts where a task says nothing: the task comes first, then \#
    `defaults`, then the query. `application/ndjson` and `application/jsonl` are taken too. The query's \#
    `callback_url` is called as that of the body is.",
          "tags":["batches"],
          "parameters":[
            {"$ref":"#/components/parameters/follow"},
            {"name":"name","in":"query","schema":{"type":"string","minLength":1,"maxLength":256}},
            {
              "name":"open","in":"query","description":"whether more tasks may come, until it is closed",
              "schema":{"type":"boolean","default":false}
            },
            {
              "name":"callback_url","in":"query","description":"told of the batch's end",
              "schema":{"$ref":"#/components/schemas/CallbackURL"}
            },
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
                "schema":{"$ref":"#/components/schemas/Submission"},
                "examples":{
                  "tasks":{"value":{
                    "name":"prices","defaults":{"task":"http","attempts":3},
                    "tasks":[{"args":{"url":"http://127.0.0.1:8000/a"}},{"args":{"url":"http://127.0.0.1:8000/b"}}]
                  }},
                  "open":{"value":{"open":true}},
                  "pools":{"value":{
                    "template":{"task":"http","args":{"url":"http://127.0.0.1:8000/{{page}}"}},"take":["page"]
                  }}
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
              "description":"With `follow`: the results as they come. Else the batch that the same submission with \#
    this `Idempotency-Key` made before.",
              "headers":{"Location":{"$ref":"#/components/headers/Location"}},
              "content":{
                "application/x-ndjson":{
                  "schema":{"type":"string","description":"a JSON value a line"},
                  "x-line":{"$ref":"#/components/schemas/FollowedLine"},
                  "example":"{\"seq\":1,\"index\":0,\"status\":\"ok\",\"value\":1,\"node\":\"n1\",\"attempts\":1,\#
    \"queued_ms\":3.1,\"duration_ms\":18.4}\n"
                },
                "application/json":{"schema":{"$ref":"#/components/schemas/Batch"}}
              }
            },
            "202":{
              "description":"It is kept, and begins.",
              "headers":{"Location":{"$ref":"#/components/headers/Location"}},
              "content":{"application/json":{"schema":{"$ref":"#/components/schemas/Batch"}}}
            },
            "400":{"$ref":"#/components/responses/Faults"},
            "409":{"$ref":"#/components/responses/Conflict"},
            "413":{"$ref":"#/components/responses/TooLarge"},
            "415":{"$ref":"#/components/responses/UnsupportedMediaType"},
            "422":{"$ref":"#/components/responses/KeyReused"},
            "507":{"$ref":"#/components/responses/NoSpace"}
          },
          "callbacks":{"ended":{"{$request.body#/callback_url}":{"post":{
            "summary":"the batch has ended, done or cancelled",
            "description":"Made again, later and later for a day, until it is answered 2xx, and in rare cases once \#
    more: the batch's `id` tells a second call. Redirects are not followed.",
            "parameters":[
              {
                "name":"X-Ignareo-Timestamp","in":"header","schema":{"type":"string","pattern":"^[0-9]+$"},
                "description":"when the call was made, in seconds since 1970; where callbacks are signed"
              },
              {
                "name":"X-Ignareo-Signature","in":"header","schema":{"type":"string","pattern":"^sha256=[0-9a-f]{64}$"},
                "description":"HMAC-SHA-256 of timestamp, full stop and body; where callbacks are signed"
              }
            ],
            "requestBody":{
              "required":true,
              "content":{"application/json":{"schema":{"$ref":"#/components/schemas/Batch"}}}
            },
            "responses":{"2XX":{"description":"It has been heard; the answer's body is of no use."}}
          }}}}
        },
        "get":{
          "operationId":"get_batches",
          "summary":"the batches, newest first",
          "tags":["batches"],
          "parameters":[
            {"name":"state","in":"query","schema":{"$ref":"#/components/schemas/BatchState"}},
            {"$ref":"#/components/parameters/listed"},
            {
              "name":"after","in":"query","description":"the `next` of the page before",
              "schema":{"$ref":"#/components/schemas/Identifier"}
            }
          ],
          "responses":{"200":{
            "description":"A page of them.",
            "content":{"application/json":{"schema":{
              "type":"object",
              "required":["batches"],
              "properties":{
                "batches":{"type":"array","maxItems":1000,"items":{"$ref":"#/components/schemas/Batch"}},
                "next":{"$ref":"#/components/schemas/Identifier","description":"the following page's `after`"}
              }
            }}}
          }}
        }
      },
      "/batches/{id}":{
        "parameters":[
          {
            "name":"id","in":"path","required":true,"description":"the batch's, a UUIDv7",
            "schema":{"$ref":"#/components/schemas/Identifier"},"example":"0197a000-0000-7000-8000-000000000000"
          }
        ],
        "get":{
          "operationId":"get_batch",
          "summary":"how far a batch is",
          "tags":["batches"],
          "responses":{
            "200":{
              "description":"The batch as it stands.",
              "content":{"application/json":{"schema":{"$ref":"#/components/schemas/Batch"}}}
            },
            "404":{"$ref":"#/components/responses/NotFound"}
          }
        },
        "delete":{
          "operationId":"delete_batch",
          "summary":"cancels what is queued or running, on the nodes too; the results so far stay",
          "tags":["batches"],
          "parameters":[
            {
              "name":"purge","in":"query","description":"deletes a batch that has ended, with its results",
              "schema":{"type":"boolean","default":false}
            }
          ],
          "responses":{
            "200":{
              "description":"The batch once it has ended, or after two seconds as it stands.",
              "content":{"application/json":{"schema":{"$ref":"#/components/schemas/Batch"}}}
            },
            "204":{"description":"It is purged."},
            "404":{"$ref":"#/components/responses/NotFound"},
            "409":{"$ref":"#/components/responses/Conflict"},
            "507":{"$ref":"#/components/responses/NoSpace"}
          }
        }
      }
    },
    "parameters":{
      "follow":{
        "name":"follow","in":"query","description":"stays until the batch has ended",
        "schema":{"type":"boolean","default":false}
      },
      "listed":{
        "name":"limit","in":"query","description":"how many at most",
        "schema":{"type":"integer","minimum":1,"maximum":1000,"default":100}
      }
    }}
    """#
}
