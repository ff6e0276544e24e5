extension CoordinatorDescription {
  /// What a batch has given, and how its tasks fare.
  static let resultsSection = #"""
    {"paths":{
      "/batches/{id}/results":{
        "parameters":[
          {
            "name":"id","in":"path","required":true,"description":"the batch's, a UUIDv7",
            "schema":{"$ref":"#/components/schemas/Identifier"}
          }
        ],
        "get":{
          "operationId":"get_batch_results",
          "summary":"the results, in the order of completion",
          "description":"Exactly one for each task in the end, whatever fails. `seq` rises by one from 1: who was cut \#
    off goes on with `after`.",
          "tags":["results"],
          "parameters":[
            {
              "name":"after","in":"query","description":"a `seq`: only the results behind it; not with `order=index`",
              "schema":{"type":"integer","minimum":0,"default":0}
            },
            {"$ref":"#/components/parameters/follow"},
            {"name":"order","in":"query","schema":{"enum":["completion","index"],"default":"completion"}},
            {
              "name":"status","in":"query","description":"only results of one of these; a comma list does as well",
              "schema":{"type":"array","items":{"$ref":"#/components/schemas/ResultStatus"}}
            },
            {"name":"format","in":"query","schema":{"enum":["ndjson","csv"],"default":"ndjson"}}
          ],
          "responses":{
            "200":{
              "description":"Those that are there, and with `follow` those to come.",
              "content":{
                "application/x-ndjson":{
                  "schema":{"type":"string","description":"a result a line"},
                  "x-line":{"$ref":"#/components/schemas/Result"}
                },
                "text/csv; charset=utf-8; header=present":{
                  "schema":{"type":"string","description":"RFC 4180; what is no text stands as JSON"},
                  "example":"seq,index,id,status,value,error_code,error_message,node,attempts,queued_ms,duration_ms\r\n"
                }
              }
            },
            "404":{"$ref":"#/components/responses/NotFound"}
          }
        }
      },
      "/batches/{id}/summary":{
        "parameters":[
          {
            "name":"id","in":"path","required":true,"description":"the batch's, a UUIDv7",
            "schema":{"$ref":"#/components/schemas/Identifier"}
          }
        ],
        "get":{
          "operationId":"get_batch_summary",
          "summary":"the results counted by any of their fields, their errors by code",
          "tags":["results"],
          "parameters":[
            {
              "name":"by","in":"query","description":"a field of the results, a full stop between its steps",
              "schema":{"type":"string","default":"status"},"example":"value.status"
            }
          ],
          "responses":{
            "200":{
              "description":"Of the results so far.",
              "content":{"application/json":{"schema":{"$ref":"#/components/schemas/Summary"}}}
            },
            "404":{"$ref":"#/components/responses/NotFound"}
          }
        }
      },
      "/batches/{id}/events":{
        "parameters":[
          {
            "name":"id","in":"path","required":true,"description":"the batch's, a UUIDv7",
            "schema":{"$ref":"#/components/schemas/Identifier"}
          }
        ],
        "get":{
          "operationId":"get_batch_events",
          "summary":"the progress as server-sent events",
          "description":"`progress` with the batch whenever it moves, four times a second at most, and `end` at last.",
          "tags":["batches"],
          "responses":{
            "200":{
              "description":"Events until the batch has ended.",
              "content":{"text/event-stream":{
                "schema":{"type":"string","description":"WHATWG HTML, section 9.2"},
                "x-data":{"$ref":"#/components/schemas/Batch"}
              }}
            },
            "404":{"$ref":"#/components/responses/NotFound"}
          }
        }
      },
      "/batches/{id}/tasks/{index}":{
        "parameters":[
          {
            "name":"id","in":"path","required":true,"description":"the batch's, a UUIDv7",
            "schema":{"$ref":"#/components/schemas/Identifier"}
          },
          {
            "name":"index","in":"path","required":true,"description":"its place in the batch, from 0",
            "schema":{"type":"integer","minimum":0}
          }
        ],
        "get":{
          "operationId":"get_batch_task",
          "summary":"one task: where it stands, its attempts, and why it waits",
          "tags":["results"],
          "responses":{
            "200":{
              "description":"The task as it stands.",
              "content":{"application/json":{"schema":{"$ref":"#/components/schemas/BatchTask"}}}
            },
            "404":{"$ref":"#/components/responses/NotFound"}
          }
        }
      }
    },
    "schemas":{
      "Summary":{
        "type":"object",
        "required":["id","state","total","results","by","counts","errors","duration_ms"],
        "properties":{
          "id":{"$ref":"#/components/schemas/Identifier"},
          "state":{"$ref":"#/components/schemas/BatchState"},
          "total":{"type":"integer","minimum":0},
          "results":{"type":"integer","minimum":0,"description":"how many were counted"},
          "by":{"type":"string"},
          "counts":{
            "type":"object","additionalProperties":{"type":"integer","minimum":1},
            "description":"by what the field holds, the most frequent first; `(none)` where it is missing"
          },
          "errors":{
            "description":"By their code, with an example of each.",
            "type":"object",
            "additionalProperties":{
              "type":"object",
              "required":["count","example"],
              "properties":{
                "count":{"type":"integer","minimum":1},
                "example":{"$ref":"#/components/schemas/Result"}
              }
            }
          },
          "duration_ms":{"$ref":"#/components/schemas/Durations"}
        }
      },
      "BatchTask":{
        "type":"object",
        "required":["batch","index","state","attempts"],
        "properties":{
          "batch":{"$ref":"#/components/schemas/Identifier"},
          "index":{"type":"integer","minimum":0},
          "id":{"type":"string","description":"the submitter's own name for it"},
          "state":{"enum":["queued","running","ok","error","cancelled","unknown"]},
          "task":{
            "$ref":"#/components/schemas/Task",
            "description":"as it was submitted, over its defaults; missing where the disk has lost it"
          },
          "waiting_for":{"$ref":"#/components/schemas/WaitingFor"},
          "until":{"type":"string","format":"date-time","description":"of `backoff`: when it is tried again"},
          "attempts":{"type":"array","items":{"$ref":"#/components/schemas/Attempt"}},
          "result":{"$ref":"#/components/schemas/Result"}
        }
      },
      "Attempt":{
        "type":"object",
        "required":["attempt","node"],
        "properties":{
          "attempt":{
            "type":"integer","minimum":0,
            "description":"its number; those that were lost with their node do not count, nor do second copies"
          },
          "node":{"type":"string"},
          "sent_at":{"type":"string","format":"date-time","description":"of one that is under way"},
          "started_at":{"type":"string","format":"date-time"},
          "ended_at":{"type":"string","format":"date-time"},
          "duration_ms":{"type":"number","minimum":0},
          "error":{"$ref":"#/components/schemas/TaskError"}
        }
      }
    }}
    """#
}
